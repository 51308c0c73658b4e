import type { Price as PriceOf } from '@tillroll/cart'
import styles from './Money.module.css'
import { formatMoney, formatPrice } from './money'

/** An amount in figures of one width, so that columns stand. */
export function Money({ minor, currency }: { minor: number; currency: string | null }) {
  return <span className={styles.money}>{formatMoney(minor, currency)}</span>
}

export function Price({ price, currency }: { price: PriceOf; currency: string | null }) {
  return <span className={styles.money}>{formatPrice(price, currency)}</span>
}
