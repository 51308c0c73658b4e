import type { CartState, Discount } from '@tillroll/cart'
import type { ReactNode } from 'react'
import { Money } from './Money'
import styles from './Totals.module.css'

interface TotalsProps {
  readonly cart: Pick<CartState, 'currency' | 'discounts' | 'subtotal_minor' | 'total_minor'>
  /** What a discount does, in words. */
  readonly describe?: (discount: Discount) => string
  /** What can be done with a discount. */
  readonly discountControls?: (discount: Discount) => ReactNode
  /** What there is to say about the total, such as that it is not saved yet. */
  readonly note?: ReactNode
}

/** Subtotal, what each discount takes off, and what is to pay: each amount as the core worked it out. */
export function Totals({ cart, describe, discountControls, note }: TotalsProps) {
  const { currency } = cart
  return (
    <dl className={styles.totals}>
      <div className={styles.row}>
        <dt>Subtotal</dt>
        <dd>
          <Money minor={cart.subtotal_minor} currency={currency} />
        </dd>
      </div>
      {cart.discounts.map((discount) => (
        <div key={discount.code} className={styles.row} data-code={discount.code}>
          <dt className={styles.discount}>
            <bdi className={styles.code}>{discount.code}</bdi>
            {describe && <span className={styles.rule}>{describe(discount)}</span>}
          </dt>
          <dd className={styles.amount}>
            <Money minor={-discount.amount_minor} currency={currency} />
            {discountControls?.(discount)}
          </dd>
        </div>
      ))}
      <div className={styles.total}>
        <dt>Total{note}</dt>
        <dd data-total={cart.total_minor}>
          <Money minor={cart.total_minor} currency={currency} />
        </dd>
      </div>
    </dl>
  )
}
