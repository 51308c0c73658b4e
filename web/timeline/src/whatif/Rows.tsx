/** Both histories row by row, and between them what became of each event. */
import type { WhatIfEdit } from '@tillroll/cart'
import { formatCount } from '@tillroll/storefront/shared/money'
import { useMedia } from '@tillroll/storefront/ui/useMedia'
import type { ReactNode } from 'react'
import { VirtualGrid } from '../ui/VirtualGrid'
import type { Pair } from './answer'
import type { Asked } from './useAsked'
import styles from './WhatIf.module.css'
import { commandInWords, eventInWords, FATES, SIGNS } from './words'

const ROW_PX = 32
/** Two lines of text. */
const ROW_PX_NARROW = 44
const NARROW_TITLES = ['A', 'As recorded', '', 'Edited', 'B']
const NARROW_TRACKS = ['1.25rem', 'minmax(0, 1fr)', '1rem', 'minmax(0, 1fr)', '1.25rem']
const COLUMNS = [
  { name: 'Version in A', title: 'A', track: '2.5rem', end: true },
  { name: 'As recorded', title: 'As recorded', track: 'minmax(0, 1fr)' },
  { name: 'What became of it', title: 'Becomes', track: '7.5rem' },
  { name: 'Edited', title: 'Edited', track: 'minmax(0, 1fr)' },
  { name: 'Version in B', title: 'B', track: '2.5rem', end: true },
] as const

/** What became of it is a sign there, with its word for who cannot see it. */
const NARROW = COLUMNS.map((column, nth) => ({
  ...column,
  title: NARROW_TITLES[nth] ?? '',
  track: NARROW_TRACKS[nth] ?? '',
}))

export function Rows({ pair, asked }: { readonly pair: Pair; readonly asked: Asked }) {
  const { at, setAt, replace, currency, edits } = asked
  const narrow = useMedia('(width < 40rem)')
  return (
    <VirtualGrid
      label="Events as recorded and edited"
      columns={narrow ? NARROW : COLUMNS}
      count={pair.length}
      rowHeight={narrow ? ROW_PX_NARROW : ROW_PX}
      active={at}
      onActive={setAt}
      onOpen={replace}
      marks={(index) => ({
        'data-fate': pair.row(index).fate.fate,
        'data-parting': index === pair.divergence ? 'true' : undefined,
      })}
      cells={(index) => cells(pair, index, currency, edits)}
    />
  )
}

function cells(pair: Pair, index: number, currency: string | null, edits: readonly WhatIfEdit[]): readonly ReactNode[] {
  const { fate, a, b, origin, edit } = pair.row(index)
  const tried = fate.fate === 'refused' || fate.fate === 'already_so' ? attempt(pair, origin, edits[edit ?? -1]) : null
  const [recorded, alternative] = [
    a === null ? undefined : pair.recorded(a),
    b === null ? undefined : pair.alternative(b),
  ]
  return [
    a === null ? '' : formatCount(a),
    recorded ? <bdi key="a">{eventInWords(recorded, currency)}</bdi> : '',
    <span key="fate" className={styles.fate} data-fate={fate.fate}>
      <span aria-hidden="true">{SIGNS[fate.fate]}</span> <span className={styles.fateWord}>{FATES[fate.fate]}</span>
    </span>,
    alternative ? (
      <bdi key="b">{eventInWords(alternative, currency)}</bdi>
    ) : tried ? (
      <s key="b" className={styles.tried}>
        <bdi>{tried(currency)}</bdi>
      </s>
    ) : (
      ''
    ),
    b === null ? '' : formatCount(b),
  ]
}

/** What would have happened, of a row in which it did not. */
function attempt(pair: Pair, origin: number | null, edit: WhatIfEdit | undefined) {
  const event =
    edit?.edit === 'replace' || edit?.edit === 'insert'
      ? edit.event
      : origin === null
        ? undefined
        : pair.recorded(origin)
  if (event) return (currency: string | null) => eventInWords(event, currency)
  return edit?.edit === 'issue' ? () => commandInWords(edit.command) : null
}
