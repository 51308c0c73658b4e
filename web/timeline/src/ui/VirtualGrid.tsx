/**
 * A table of any length of which only what is in sight is in the page. To a screen reader it is a grid with all its rows;
 * by keys one row is active, and it is always there.
 */
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type ReactNode,
  useEffect,
  useId,
  useRef,
} from 'react'
import { useSight } from './sight'
import styles from './VirtualGrid.module.css'

export interface Column {
  readonly name: string
  /** The heading; a column without one is named to screen readers by `name`. */
  readonly title: ReactNode
  /** A track of a CSS grid: `6rem`, `minmax(0, 1fr)`. */
  readonly track: string
  readonly end?: boolean
}

interface VirtualGridProps {
  readonly label: string
  readonly columns: readonly Column[]
  readonly count: number
  readonly rowHeight: number
  /** The cells of a row, in the order of the columns. While this and `marks` stay the same, no row is drawn again. */
  readonly cells: (index: number) => readonly ReactNode[]
  readonly keyOf?: (index: number) => string | number
  /** What CSS may look at: `data-*` of a row. */
  readonly marks?: (index: number) => Readonly<Record<`data-${string}`, string | undefined>>
  /** -1 when no row is. */
  readonly active: number
  /** Moved to by keys or a click. */
  readonly onActive: (index: number) => void
  /** Enter, or a double click. */
  readonly onOpen?: (index: number) => void
  /** Told when what is in sight changes. */
  readonly onSight?: (first: number, last: number) => void
  /** Whether the headings are in sight; screen readers have them anyway. */
  readonly headed?: boolean
  /** Instead of rows when there are none. */
  readonly empty?: ReactNode
  readonly className?: string
}

/** Of the headings, which stay in sight above the rows. */
const HEAD_PX = 29
/** What screen readers count the first row as: from one, behind the headings. */
const FIRST_ROW = 2

export function VirtualGrid(props: VirtualGridProps) {
  const { label, columns, count, rowHeight, cells, keyOf, marks, active, onActive, onOpen, onSight } = props
  const { headed = true, empty, className } = props
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const headHeight = headed ? HEAD_PX : 0
  const { first, last, bodyHeight, topOf } = useSight(scroller, { count, rowHeight, headHeight, active })
  useEffect(() => onSight?.(first, last), [onSight, first, last])

  const tracks = columns.map(({ track }) => track).join(' ')
  const rowStyle: CSSProperties = { gridTemplateColumns: tracks }
  const at = (event: MouseEvent) => {
    const row = (event.target as Element).closest<HTMLElement>('[aria-rowindex]')
    return row ? Number(row.getAttribute('aria-rowindex')) - FIRST_ROW : -1
  }
  const keys = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2)
    const to = moved(event.key, active, page, count)
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (to !== undefined) {
      event.preventDefault()
      onActive(to)
    } else if (event.key === 'Enter' && active >= 0 && onOpen) {
      event.preventDefault()
      onOpen(active)
    }
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table element cannot leave out its rows.
    <div
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      aria-activedescendant={active >= first && active <= last ? `${id}-${active}` : undefined}
      className={[styles.grid, className].filter(Boolean).join(' ')}
      tabIndex={0}
      onKeyDown={keys}
    >
      {/* biome-ignore-start lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: see above; the grid has the focus. */}
      <div
        role="rowgroup"
        className={headed ? styles.head : styles.unseen}
        style={headed ? { height: HEAD_PX } : undefined}
      >
        <div role="row" aria-rowindex={1} className={styles.row} style={rowStyle}>
          {columns.map(({ name, title, end }) => (
            <div key={name} role="columnheader" className={styles.cell} data-end={end || undefined}>
              {title || <span className={styles.unseen}>{name}</span>}
            </div>
          ))}
        </div>
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the grid listens to keys for all rows. */}
      <div
        role="rowgroup"
        className={styles.body}
        style={{ height: bodyHeight }}
        onClick={(event) => at(event) >= 0 && onActive(at(event))}
        onDoubleClick={(event) => at(event) >= 0 && onOpen?.(at(event))}
      >
        {Array.from({ length: Math.max(0, last - first + 1) }, (_, nth) => first + nth).map((index) => (
          <Row
            key={keyOf?.(index) ?? index}
            id={`${id}-${index}`}
            index={index}
            selected={index === active}
            columns={columns}
            tracks={tracks}
            height={rowHeight}
            top={topOf(index)}
            cells={cells}
            marks={marks}
          />
        ))}
      </div>
      {/* biome-ignore-end lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: see above. */}
      {count === 0 && empty}
    </div>
  )
}

interface RowProps extends Pick<VirtualGridProps, 'columns' | 'cells'> {
  readonly marks: VirtualGridProps['marks']
  readonly id: string
  readonly index: number
  readonly selected: boolean
  readonly tracks: string
  readonly height: number
  readonly top: number
}

const Row = memo(function Row({ id, index, selected, columns, tracks, height, top, cells, marks }: RowProps) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useSemanticElements: the grid has the focus; see there.
    <div
      id={id}
      role="row"
      aria-rowindex={index + FIRST_ROW}
      aria-selected={selected}
      className={styles.row}
      style={{ gridTemplateColumns: tracks, height, transform: `translateY(${top}px)` }}
      {...marks?.(index)}
    >
      {cells(index).map((cell, nth) => (
        // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useSemanticElements: see above.
        <div key={columns[nth]?.name} role="gridcell" className={styles.cell} data-end={columns[nth]?.end}>
          {cell}
        </div>
      ))}
    </div>
  )
})

/** Where a key leads; undefined for a key that leads nowhere. */
function moved(key: string, active: number, page: number, count: number): number | undefined {
  const within = (to: number) => (count === 0 ? undefined : Math.min(count - 1, Math.max(0, to)))
  switch (key) {
    case 'ArrowDown':
      return within(active + 1)
    case 'ArrowUp':
      return within(active - 1)
    case 'PageDown':
      return within(active + page)
    case 'PageUp':
      return within(active - page)
    case 'Home':
      return within(0)
    case 'End':
      return within(count - 1)
    default:
      return undefined
  }
}
