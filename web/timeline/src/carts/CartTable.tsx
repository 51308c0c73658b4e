/** The carts that were found, as a grid of any length. */
import { Money } from '@tillroll/storefront/shared/Money'
import { formatCount } from '@tillroll/storefront/shared/money'
import { useMedia } from '@tillroll/storefront/ui/useMedia'
import { type ReactNode, useState } from 'react'
import { type Clock, duration, moment } from '../clock/zone'
import { type Column, VirtualGrid } from '../ui/VirtualGrid'
import { Badge } from '../watch/Badge'
import { shortId } from '../watch/CartLink'
import { useClock } from '../watch/now'
import styles from './Carts.module.css'
import { useDeadLetterCarts, useRefused, useVerdicts, type Verdict } from './flags'
import { changedAt, type Listed } from './wire'

const ROW_PX = 40
const ROW_PX_NARROW = 56
/** The next page is asked for when so few rows are left below. */
const AHEAD = 30

interface CartTableProps {
  readonly carts: readonly Listed[]
  readonly active: number
  readonly onActive: (index: number) => void
  readonly onOpen: (cart: Listed) => void
  readonly onNearEnd: () => void
}

interface Marks {
  readonly refused: number
  readonly letters: boolean
  readonly verdict: Verdict | undefined
}

export function CartTable({ carts, active, onActive, onOpen, onNearEnd }: CartTableProps) {
  const clock = useClock()
  const wide = useMedia('(width >= 72rem)')
  const narrow = useMedia('(width < 40rem)')
  const [sight, setSight] = useState<readonly [number, number]>([0, 0])
  const refused = useRefused(carts.slice(sight[0], sight[1] + 1))
  const letters = useDeadLetterCarts()
  const verdicts = useVerdicts()
  const columns = narrow ? NARROW : wide ? WIDE : MIDDLE
  const cells = (index: number) => {
    const cart = carts[index]
    if (!cart) return []
    const marks = {
      refused: refused(cart),
      letters: letters.has(cart.cart_id),
      verdict: verdicts.get(cart.cart_id),
    }
    if (narrow) return narrowCells(cart, marks, clock)
    return wide ? wideCells(cart, marks, clock) : middleCells(cart, marks, clock)
  }
  return (
    <VirtualGrid
      label="Carts, the newest change first"
      columns={columns}
      count={carts.length}
      rowHeight={narrow ? ROW_PX_NARROW : ROW_PX}
      headed={!narrow}
      cells={cells}
      keyOf={(index) => carts[index]?.cart_id ?? index}
      active={active}
      onActive={onActive}
      onOpen={(index) => {
        const cart = carts[index]
        if (cart) onOpen(cart)
      }}
      onSight={(first, last) => {
        setSight((known) => (known[0] === first && known[1] === last ? known : [first, last]))
        if (last >= carts.length - AHEAD) onNearEnd()
      }}
      className={styles.grid ?? ''}
    />
  )
}

const END = { end: true } as const
const WIDE: readonly Column[] = [
  { name: 'cart', title: 'Cart', track: '20.5rem' },
  { name: 'status', title: 'Status', track: '5rem' },
  { name: 'lines', title: 'Lines', track: '3.5rem', ...END },
  { name: 'total', title: 'Total', track: '7rem', ...END },
  { name: 'version', title: 'Version', track: '4.5rem', ...END },
  { name: 'last', title: 'Last event', track: 'minmax(19rem, 1fr)' },
  { name: 'age', title: 'Age', track: '6rem', ...END },
  { name: 'flags', title: 'Flags', track: 'minmax(9rem, 0.7fr)' },
]
/** Without what the cart's own screen says as well. */
const MIDDLE: readonly Column[] = [
  { name: 'cart', title: 'Cart', track: '10.5rem' },
  { name: 'status', title: 'Status', track: '4.5rem' },
  { name: 'lines', title: 'Lines', track: '3rem', ...END },
  { name: 'total', title: 'Total', track: '5.5rem', ...END },
  { name: 'last', title: 'Last event', track: 'minmax(8rem, 1fr)' },
  { name: 'age', title: 'Age', track: '5.5rem', ...END },
  { name: 'flags', title: 'Flags', track: 'minmax(6rem, 0.8fr)' },
]
const NARROW: readonly Column[] = [
  { name: 'cart', title: 'Cart', track: 'minmax(0, 1fr)' },
  { name: 'total', title: 'Total', track: 'auto', end: true },
]

function wideCells(cart: Listed, marks: Marks, clock: Clock): readonly ReactNode[] {
  const [id, status, lines, total, name, age, flags] = middleCells(cart, marks, clock, false)
  const last = (
    <span key="last">
      {name} <span className={styles.quiet}>{moment(changedAt(cart), clock)}</span>
    </span>
  )
  return [id, status, lines, total, formatCount(cart.version), last, age, flags]
}

function middleCells(cart: Listed, marks: Marks, clock: Clock, short = true): readonly ReactNode[] {
  return [
    <CartId key="id" cart={cart} short={short} />,
    <Status key="status" cart={cart} />,
    formatCount(cart.lines_count),
    <Money key="total" minor={cart.total_minor} currency={cart.currency} />,
    cart.last_event?.name,
    <Since key="age" at={changedAt(cart)} now={clock.now} />,
    <Flags key="flags" cart={cart} {...marks} />,
  ]
}

function narrowCells(cart: Listed, marks: Marks, clock: Clock): readonly ReactNode[] {
  return [
    <span key="cart" className={styles.stacked}>
      <CartId cart={cart} short />
      <span>
        <Status cart={cart} /> <Flags cart={cart} {...marks} />
      </span>
    </span>,
    <span key="total" className={styles.stacked}>
      <Money minor={cart.total_minor} currency={cart.currency} />
      <Since at={changedAt(cart)} now={clock.now} />
    </span>,
  ]
}

function CartId({ cart: { cart_id }, short }: { readonly cart: Listed; readonly short: boolean }) {
  return (
    <span className={styles.id} title={short ? cart_id : undefined}>
      {short ? shortId(cart_id) : cart_id}
    </span>
  )
}

function Status({ cart: { status } }: { readonly cart: Listed }) {
  return <Badge tone={status === 'open' ? 'good' : 'calm'}>{status === 'open' ? 'Open' : 'Closed'}</Badge>
}

function Since({ at, now }: { readonly at: number; readonly now: number }) {
  return <span className={styles.quiet}>{duration(Math.max(0, now - at))}</span>
}

function Flags({ cart: { flags }, refused, letters, verdict }: { readonly cart: Listed } & Marks) {
  return (
    <span className={styles.flags}>
      {flags.parked_at !== undefined && (
        <Badge tone="wrong" title={`The directory stands still before version ${flags.parked_at}`}>
          Parked at {flags.parked_at}
        </Badge>
      )}
      {verdict?.gap && (
        <Badge tone="wrong" title="The newest verification misses events of it somewhere">
          Gap
        </Badge>
      )}
      {verdict?.differs && (
        <Badge tone="wrong" title="The newest verification found it other than the event table has it">
          Differs
        </Badge>
      )}
      {letters && (
        <Badge tone="wrong" title="A dead letter holds events of it">
          Dead letter
        </Badge>
      )}
      {refused > 0 && (
        <Badge tone="busy" title="Commands that were refused in the last 30 days">
          {refused} refused
        </Badge>
      )}
      {flags.imported && <Badge tone="calm">Imported</Badge>}
    </span>
  )
}
