import type { Catalogue, Command } from '@tillroll/cart'
import { useCart } from '@tillroll/cart/react'
import type { Shelf } from '../catalogue/catalogue'
import { Mosaic } from '../catalogue/Mosaic'
import { ItemName } from '../shared/ItemName'
import { Price } from '../shared/Money'
import { ruleInWords } from '../shared/rule'
import { Button } from '../ui/Button'
import { Icon } from '../ui/Icon'
import { QuantityField } from '../ui/QuantityField'
import styles from './Compare.module.css'
import { addOf, type Cast } from './story'
import type { ThreeCarts } from './three-carts'

interface ClicksProps {
  readonly carts: ThreeCarts
  readonly cast: Cast
  readonly shelf: Shelf
}

/** What can be clicked: every click goes to all three. */
export function Clicks({ carts, cast, shelf }: ClicksProps) {
  const { lines, discounts } = useCart(carts.ours)
  const click = (command: Command) => carts.click(command)
  const used = new Set(discounts.map(({ code }) => code))
  return (
    <section className={styles.clicks} aria-labelledby="clicks-title">
      <h2 id="clicks-title">Click for yourself: it goes to all three</h2>
      <ul className={styles.items}>
        {[cast.byMany, ...cast.plain].map((item) => (
          <ItemClicks
            key={item.sku}
            item={item}
            shelf={shelf}
            quantity={lines.find(({ sku }) => sku === item.sku)?.quantity ?? 0}
            onClick={click}
          />
        ))}
      </ul>
      <ul className={styles.codes}>
        {shelf.codes.slice(0, 4).map(({ code, rule }) => (
          <li key={code}>
            <Button
              aria-pressed={used.has(code)}
              onClick={() => click({ type: used.has(code) ? 'RemoveDiscount' : 'ApplyDiscount', data: { code } })}
            >
              {code}
              <span className={styles.rule}>{ruleInWords(rule, shelf.currency, shelf.nameOf)}</span>
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}

interface ItemClicksProps {
  readonly item: Catalogue['items'][number]
  readonly shelf: Shelf
  readonly quantity: number
  readonly onClick: (command: Command) => void
}

function ItemClicks({ item, shelf, quantity, onClick }: ItemClicksProps) {
  const { sku } = item
  const name = shelf.nameOf(sku)
  return (
    <li className={styles.item}>
      <div className={styles.picture}>
        <Mosaic sku={sku} hue={shelf.hueOf(item)} />
      </div>
      <div className={styles.itemText}>
        <strong>
          <ItemName name={item.item_name} />
        </strong>
        <Price price={item.price} currency={shelf.currency} />
      </div>
      {quantity > 0 ? (
        <QuantityField
          quantity={quantity}
          of={name}
          onQuantity={(wanted) => onClick({ type: 'ChangeQuantity', data: { sku, quantity: wanted } })}
          onRemove={() => onClick({ type: 'RemoveItem', data: { sku } })}
        />
      ) : (
        <Button aria-label={`Add ${name}`} onClick={() => onClick(addOf(item))}>
          <Icon name="plus" />
          Add
        </Button>
      )}
    </li>
  )
}
