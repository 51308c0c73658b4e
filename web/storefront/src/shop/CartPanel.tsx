import type { Cart, CartLine } from '@tillroll/cart'
import { useCart } from '@tillroll/cart/react'
import { useRef } from 'react'
import type { Shelf } from '../catalogue/catalogue'
import { give, putBack, refusals, remove, removed, setQuantity } from '../session/session'
import { splitName } from '../shared/ItemName'
import { LineList, type LineMark } from '../shared/LineList'
import { refusalInWords } from '../shared/refusals'
import { ruleInWords } from '../shared/rule'
import { Totals } from '../shared/Totals'
import { Button, IconButton } from '../ui/Button'
import { Icon } from '../ui/Icon'
import { QuantityField } from '../ui/QuantityField'
import { useStore } from '../ui/store'
import { useFocusKept } from '../ui/useFocusKept'
import { Attention } from './Attention'
import styles from './CartPanel.module.css'
import { Codes } from './Codes'
import { Notices } from './Notices'
import { Receipt } from './Receipt'

/** The cart: what needs attention, the lines, the codes, the totals, and the way out. */
export function CartPanel({ cart, shelf }: { cart: Cart; shelf: Shelf }) {
  const snapshot = useCart(cart)
  const said = useStore(refusals)
  const list = useRef<HTMLDivElement>(null)
  const money = useRef<HTMLElement>(null)
  useFocusKept(list)
  useFocusKept(money)
  if (snapshot.status === 'closed') return <Receipt snapshot={snapshot} />

  const { totals, lines, discounts } = snapshot
  const wording = { currency: totals.currency ?? shelf.currency, nameOf: shelf.nameOf }
  const cannotCheckOut = said.get('cart')
  return (
    <div className={styles.panel}>
      <div className={styles.scroll} ref={list} tabIndex={-1}>
        <Notices snapshot={snapshot} />
        <Attention cart={cart} snapshot={snapshot} wording={wording} />
        {lines.length > 0 ? (
          <LineList
            label="Lines of the cart"
            lines={lines}
            currency={totals.currency}
            markOf={(_, index) => markOf(lines[index])}
            controls={(_, index) => {
              const line = lines[index]
              return line && <LineControls cart={cart} line={line} />
            }}
            note={({ sku }) => {
              const refusal = said.get(`line:${sku}`)
              return refusal && <p className={styles.refusal}>{refusalInWords(refusal, wording)}</p>
            }}
          />
        ) : (
          <p className={styles.empty}>
            <span className={styles.emptyTitle}>Nothing in it yet</span>
            Whatever you add is here at once, with the total that the till will say.
          </p>
        )}
        <Removed cart={cart} />
      </div>
      <footer className={styles.footer} ref={money}>
        <Codes cart={cart} shelf={shelf} discounts={discounts} wording={wording} />
        <Totals
          cart={{ ...totals, currency: wording.currency, discounts }}
          describe={({ rule }) => ruleInWords(rule, wording.currency, shelf.nameOf)}
          discountControls={({ code }) => (
            <IconButton
              label={`Take out the code ${code}`}
              className={styles.takeOut}
              onClick={() => give(cart, { type: 'RemoveDiscount', data: { code } }, 'discount')}
            >
              <Icon name="close" />
            </IconButton>
          )}
          note={totals.estimated && <span className={styles.estimated}>not saved yet</span>}
        />
        <Button
          look="main"
          className={styles.checkOut}
          disabled={lines.length === 0}
          onClick={() => give(cart, { type: 'CloseCart', data: { reason: 'checked_out' } }, 'cart')}
        >
          Check out
        </Button>
        {cannotCheckOut && <p className={styles.refusal}>{refusalInWords(cannotCheckOut, wording)}</p>}
      </footer>
    </div>
  )
}

function markOf(line: CartLine | undefined): LineMark {
  if (!line) return null
  if (line.refused.length > 0) return 'refused'
  return line.pending.length > 0 ? 'pending' : null
}

function LineControls({ cart, line }: { cart: Cart; line: CartLine }) {
  const { item } = splitName(line.item_name)
  const takeOut = () => remove(cart, line)
  return (
    <>
      <QuantityField
        quantity={line.quantity}
        of={item}
        onQuantity={(quantity) => setQuantity(cart, line.sku, quantity)}
        onRemove={takeOut}
      />
      {line.quantity > 1 && (
        <IconButton label={`Remove all: ${item}`} onClick={takeOut}>
          <Icon name="bin" />
        </IconButton>
      )}
    </>
  )
}

function Removed({ cart }: { cart: Cart }) {
  const last = useStore(removed)
  if (!last) return null
  const { item } = splitName(last.line.item_name)
  return (
    <div className={styles.removed} role="status">
      <span>
        Took out <bdi>{item}</bdi>
      </span>
      <Button look="quiet" onClick={() => putBack(cart)}>
        Undo
      </Button>
    </div>
  )
}
