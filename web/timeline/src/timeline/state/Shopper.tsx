/** The cart as the shop draws it, with the shop's own components. */
import { LineList } from '@tillroll/storefront/shared/LineList'
import { ruleInWords } from '@tillroll/storefront/shared/rule'
import { Totals } from '@tillroll/storefront/shared/Totals'
import { useMoment } from '../MomentOf'
import { useModel } from '../model'
import { refusalSentence } from '../sentences'
import styles from './Shopper.module.css'

export function Shopper() {
  const { refusal } = useModel()
  const { moment } = useMoment()
  const cart = moment?.cart
  if (!cart) return null
  const { currency } = cart
  const nameOf = (sku: string) => cart.lines.find((line) => line.sku === sku)?.item_name ?? sku
  const changed = new Set(moment.changes.map(({ path }) => skuOf(path)))
  return (
    <div className={styles.paper}>
      {refusal && (
        <p className={styles.refusal} role="note">
          {refusalSentence(refusal)}
        </p>
      )}
      {cart.status === 'closed' && <p className={styles.closed}>This cart is closed.</p>}
      {cart.lines.length === 0 ? (
        <p className={styles.empty}>The cart is empty.</p>
      ) : (
        <LineList
          lines={cart.lines}
          currency={currency}
          label="Lines of the cart"
          note={(line) => changed.has(line.sku) && <span className={styles.changed}>changed by this event</span>}
        />
      )}
      <div className={styles.totals}>
        <Totals cart={cart} describe={({ rule }) => ruleInWords(rule, currency, nameOf)} />
      </div>
    </div>
  )
}

/** The sku of a path below `/lines`. */
function skuOf(path: string): string | undefined {
  return /^\/lines\/([^/]*)/.exec(path)?.[1]?.replaceAll('~1', '/').replaceAll('~0', '~')
}
