import type { Line } from '@tillroll/cart'
import type { ReactNode } from 'react'
import { ItemName } from './ItemName'
import styles from './LineList.module.css'
import { Money, Price } from './Money'

/** How a line is marked. */
export type LineMark = 'pending' | 'refused' | null

interface LineListProps {
  readonly lines: readonly Line[]
  readonly currency: string | null
  readonly label: string
  readonly markOf?: (line: Line, index: number) => LineMark
  /** What can be done with a line; without it the quantity is shown. */
  readonly controls?: (line: Line, index: number) => ReactNode
  /** What there is to say about a line. */
  readonly note?: (line: Line, index: number) => ReactNode
}

/** The lines of a cart. Without `controls` it is read only. */
export function LineList({ lines, currency, label, markOf, controls, note }: LineListProps) {
  return (
    <ul className={styles.lines} aria-label={label}>
      {lines.map((line, index) => (
        <li key={line.sku} className={styles.line} data-sku={line.sku} data-mark={markOf?.(line, index) ?? undefined}>
          <div className={styles.name}>
            <ItemName name={line.item_name} />
          </div>
          <div className={styles.total}>
            <LineMarkSign mark={markOf?.(line, index) ?? null} />
            <Money minor={line.total_minor} currency={currency} />
          </div>
          <div className={styles.price}>
            {line.price ? <Price price={line.price} currency={currency} /> : 'no price'}
            {!controls && ` × ${line.quantity}`}
          </div>
          {controls && <div className={styles.controls}>{controls(line, index)}</div>}
          {note && <div className={styles.note}>{note(line, index)}</div>}
        </li>
      ))}
    </ul>
  )
}

/** A sign and its word: colour alone says nothing. */
function LineMarkSign({ mark }: { mark: LineMark }) {
  if (mark === null) return null
  const word = mark === 'pending' ? 'not saved yet' : 'refused'
  return (
    <span className={styles.mark} data-mark={mark} role="img" aria-label={word} title={word}>
      {mark === 'pending' ? <i className={styles.dots} /> : '!'}
    </span>
  )
}
