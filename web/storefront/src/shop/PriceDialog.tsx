import type { Cart } from '@tillroll/cart'
import { useCartSelector } from '@tillroll/cart/react'
import { useState } from 'react'
import type { Shelf } from '../catalogue/catalogue'
import { acceptPrice } from '../session/session'
import { Price } from '../shared/Money'
import { changedPrice } from '../shared/refusals'
import { Button } from '../ui/Button'
import { Modal } from '../ui/Modal'
import styles from './PriceDialog.module.css'

/** Asks once about each price that the till has changed since it was shown. Who closes it finds it in the attention list. */
export function PriceDialog({ cart, shelf }: { cart: Cart; shelf: Shelf }) {
  const attention = useCartSelector(cart, (snapshot) => snapshot.attention)
  const [later, setLater] = useState<ReadonlySet<string>>(new Set())
  const asked = attention.find(({ id, refusal }) => changedPrice(refusal) !== null && !later.has(id))
  const price = asked && changedPrice(asked.refusal)
  if (!asked || !price) return null
  const close = () => setLater((before) => new Set(before).add(asked.id))
  return (
    <Modal key={asked.id} title="The price has changed" onClose={close}>
      <div className={styles.body}>
        <p className={styles.name}>
          <bdi>{shelf.nameOf(price.sku)}</bdi>
        </p>
        <dl className={styles.prices}>
          <div>
            <dt>You saw</dt>
            <dd className={styles.from}>
              <Price price={price.from} currency={shelf.currency} />
            </dd>
          </div>
          <div>
            <dt>It costs now</dt>
            <dd className={styles.to}>
              <Price price={price.to} currency={shelf.currency} />
            </dd>
          </div>
        </dl>
        <p>It is not in your cart at the new price unless you say so.</p>
        <div className={styles.actions}>
          <Button look="main" onClick={() => void acceptPrice(cart, asked, price.to)}>
            Add it at the new price
          </Button>
          <Button onClick={() => cart.discard(asked.id)}>Leave it out</Button>
        </div>
      </div>
    </Modal>
  )
}
