/**
 * A table of any length of which only what is in sight is in the page. To a screen reader it is a grid with all its rows;
 * by keys one row is active, and it is always there.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react'
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
  /** The cells of a row, in the order of the columns. */
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

/** Rows outside of sight on each side: the next step of a key finds its row there. */
const OVERSCAN = 6
/** Of the headings, which stay in sight above the rows. */
const HEAD_PX = 29

export function VirtualGrid(props: VirtualGridProps) {
  const { label, columns, count, rowHeight, cells, keyOf, marks, active, onActive, onOpen, onSight } = props
  const { headed = true, empty, className } = props
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollMargin: headed ? HEAD_PX : 0,
    scrollPaddingStart: headed ? HEAD_PX : 0,
    ...(keyOf ? { getItemKey: keyOf } : {}),
  })
  const seen = rows.getVirtualItems()
  const [first, last] = [seen[0]?.index ?? 0, seen.at(-1)?.index ?? -1]
  useEffect(() => onSight?.(first, last), [onSight, first, last])
  useEffect(() => {
    if (active < 0 || active >= count) return
    // Asking where to scroll has the browser lay out the page; a step from a row in sight to the next one needs none of it.
    const [top, offset] = [active * rowHeight, rows.scrollOffset ?? 0]
    const bottom = top + rowHeight + rows.options.scrollMargin
    const inSight = top >= offset && bottom <= offset + (rows.scrollRect?.height ?? 0)
    if (!inSight) rows.scrollToIndex(active, { align: 'auto' })
  }, [active, count, rows, rowHeight])

  const tracks = columns.map(({ track }) => track).join(' ')
  const rowStyle: CSSProperties = { gridTemplateColumns: tracks }
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
      <div role="rowgroup" className={styles.body} style={{ height: rows.getTotalSize() }}>
        {seen.map(({ index, key, start }) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the grid listens to keys for all rows.
          <div
            key={key}
            id={`${id}-${index}`}
            role="row"
            aria-rowindex={index + 2}
            aria-selected={index === active}
            className={styles.row}
            style={{ ...rowStyle, height: rowHeight, transform: `translateY(${start - rows.options.scrollMargin}px)` }}
            onClick={() => onActive(index)}
            onDoubleClick={() => onOpen?.(index)}
            {...marks?.(index)}
          >
            {cells(index).map((cell, nth) => (
              <div key={columns[nth]?.name} role="gridcell" className={styles.cell} data-end={columns[nth]?.end}>
                {cell}
              </div>
            ))}
          </div>
        ))}
      </div>
      {/* biome-ignore-end lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: see above. */}
      {count === 0 && empty}
    </div>
  )
}

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
