/** The cart as the shop draws it, with the shop's own components: as it was confirmed, or with what was on its way then. */
import type { CartState, Line } from '@tillroll/cart'
import { LineList } from '@tillroll/storefront/shared/LineList'
import { ruleInWords } from '@tillroll/storefront/shared/rule'
import { Totals } from '@tillroll/storefront/shared/Totals'
import { type ReactNode, useContext } from 'react'
import { NotesContext } from '../../files/notes'
import { useLatest } from '../../history/latest'
import { oneOf, useWord } from '../../url/word'
import { useMoment } from '../MomentOf'
import { useModel } from '../model'
import { refusalSentence } from '../sentences'
import { ahead, FOLLOWING_MAX } from './ahead'
import { OnTheirWay } from './OnTheirWay'
import styles from './Shopper.module.css'

const SEEN = { confirmed: 'Confirmed', optimistic: 'Optimistic' } as const
type Seen = keyof typeof SEEN

export function Shopper() {
  const { refusal } = useModel()
  const { moment } = useMoment()
  const [seen, setSeen] = useWord<Seen>('seen', oneOf('confirmed', 'optimistic'), 'confirmed')
  const cart = moment?.cart
  if (!cart) return null
  return (
    <>
      <fieldset className={styles.seen}>
        <legend className={styles.unseen}>What the shopper saw</legend>
        {(Object.keys(SEEN) as Seen[]).map((one) => (
          <label key={one}>
            <input type="radio" name="seen" checked={one === seen} onChange={() => setSeen(one)} />
            {SEEN[one]}
          </label>
        ))}
      </fieldset>
      {seen === 'optimistic' ? (
        <Optimistic confirmed={cart} />
      ) : (
        <Paper cart={cart} changed={new Set(moment.changes.map(({ path }) => skuOf(path)))}>
          {refusal && (
            <p className={styles.refusal} role="note">
              {refusalSentence(refusal)}
            </p>
          )}
        </Paper>
      )}
    </>
  )
}

/** The confirmed cart stays until the other one is there: nothing flashes. */
function Optimistic({ confirmed }: { readonly confirmed: CartState }) {
  const { history, known, refusal } = useModel()
  const { clientRecords: records } = useContext(NotesContext)
  const { version } = confirmed
  const name = `${version} ${refusal?.command_id ?? ''} ${Math.min(known.length, version + FOLLOWING_MAX)}`
  const { last, error, fresh } = useLatest({ version, length: known.length, refusal, records }, name, (standing) =>
    ahead(history, standing),
  )
  const answer = fresh && !error ? last?.answer : undefined
  const cart = answer?.cart ?? confirmed
  return (
    <Paper cart={cart} pending={answer?.cart ? (line) => isOther(line, confirmed) : () => false}>
      {error && fresh && (
        <p className={styles.refusal} role="note">
          What was on its way cannot be decided again: {error}
        </p>
      )}
      {answer && <OnTheirWay onItsWay={answer.onItsWay} currency={confirmed.currency} refusal={refusal} />}
    </Paper>
  )
}

interface PaperProps {
  readonly cart: CartState
  readonly changed?: ReadonlySet<string | undefined>
  /** Whether a line is other than it was confirmed. */
  readonly pending?: (line: Line) => boolean
  readonly children?: ReactNode
}

function Paper({ cart, changed, pending, children }: PaperProps) {
  const { currency } = cart
  const nameOf = (sku: string) => cart.lines.find((line) => line.sku === sku)?.item_name ?? sku
  return (
    <div className={styles.paper} data-pending={pending ? cart.lines.filter(pending).length : undefined}>
      {children}
      {cart.status === 'closed' && <p className={styles.closed}>This cart is closed.</p>}
      {cart.lines.length === 0 ? (
        <p className={styles.empty}>The cart is empty.</p>
      ) : (
        <LineList
          lines={cart.lines}
          currency={currency}
          label="Lines of the cart"
          markOf={(line) => (pending?.(line) ? 'pending' : null)}
          note={(line) => changed?.has(line.sku) && <span className={styles.changed}>changed by this event</span>}
        />
      )}
      <div className={styles.totals}>
        <Totals
          cart={cart}
          describe={({ rule }) => ruleInWords(rule, currency, nameOf)}
          note={pending && cart.lines.some(pending) && <span className={styles.estimated}> not saved yet</span>}
        />
      </div>
    </div>
  )
}

function isOther(line: Line, { lines }: CartState): boolean {
  const there = lines.find(({ sku }) => sku === line.sku)
  return !there || there.quantity !== line.quantity || there.total_minor !== line.total_minor
}

/** The sku of a path below `/lines`. */
function skuOf(path: string): string | undefined {
  return /^\/lines\/([^/]*)/.exec(path)?.[1]?.replaceAll('~1', '/').replaceAll('~0', '~')
}
