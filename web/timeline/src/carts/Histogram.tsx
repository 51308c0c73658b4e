/** When carts last changed: bars that are dragged over, or two handles moved by keys, to choose a stretch of time. */

import { formatCount } from '@tillroll/storefront/shared/money'
import { Button } from '@tillroll/storefront/ui/Button'
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import { moment } from '../clock/zone'
import { useClock } from '../watch/now'
import { counted } from '../watch/words'
import { type Bar, bars, selected, stretch, top } from './bars'
import styles from './Histogram.module.css'
import type { Wanted } from './wanted'
import type { Histogram as Counted } from './wire'

interface HistogramProps {
  readonly of: Counted
  readonly wanted: Wanted
  readonly onStretch: (stretch: Pick<Wanted, 'from' | 'to'>) => void
}

export function Histogram({ of, wanted, onStretch }: HistogramProps) {
  const clock = useClock()
  const all = bars(of)
  const area = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<readonly [number, number] | null>(null)
  const full = top(all)
  const chosen = drag ? ([Math.min(...drag), Math.max(...drag)] as const) : selected(all, wanted.from, wanted.to)
  const [first, last] = chosen ?? [0, all.length - 1]
  const barAt = ({ clientX }: PointerEvent) => {
    const box = area.current?.getBoundingClientRect()
    const share = box ? (clientX - box.left) / box.width : 0
    return Math.max(0, Math.min(all.length - 1, Math.floor(share * all.length)))
  }
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const at = barAt(event)
    // A handle moves its end of what is chosen, anything else begins anew.
    const handle = event.target instanceof HTMLElement ? event.target.dataset.end : undefined
    setDrag([handle === 'from' ? last : handle === 'to' ? first : at, at])
  }
  const up = () => {
    if (drag) onStretch(stretch(all, ...drag))
    setDrag(null)
  }
  const begin = all[0]
  const end = all.at(-1)
  if (!begin || !end) return null
  const utc = { ...clock, zone: clock.zone === 'local' ? ('local' as const) : ('utc' as const) }
  const short = (at: number) => moment(at, utc).slice(0, 16)
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <span>
          <strong>{counted(of.carts, 'cart')}</strong> · {formatCount(of.open)} open · {formatCount(of.closed)} closed
          {of.truncated && ' · the oldest are not counted'}
        </span>
        <span className={styles.legend}>
          <i data-of="open" /> open <i data-of="closed" /> closed, by the time of the last change
        </span>
        {chosen && !drag && (
          <Button look="quiet" className={styles.clear} onClick={() => onStretch({ from: null, to: null })}>
            All times
          </Button>
        )}
      </figcaption>
      <div
        ref={area}
        className={styles.area}
        onPointerDown={down}
        onPointerMove={(event) => drag && setDrag([drag[0], barAt(event)])}
        onPointerUp={up}
        onPointerCancel={() => setDrag(null)}
      >
        {all.map((bar, index) => (
          <BarColumn key={bar.from} bar={bar} full={full} dim={index < first || index > last} said={short(bar.from)} />
        ))}
        <Handle which="from" all={all} index={first} other={last} said={short} onStretch={onStretch} />
        <Handle which="to" all={all} index={last} other={first} said={short} onStretch={onStretch} />
      </div>
      <div className={styles.axis} aria-hidden="true">
        <span>{short(begin.from)}</span>
        {all.length > 8 && <span>{short(all[all.length >> 1]?.from ?? begin.from)}</span>}
        <span>
          {short(end.to)}
          {utc.zone === 'utc' && ' UTC'}
        </span>
      </div>
    </figure>
  )
}

function BarColumn({ bar, full, dim, said }: { bar: Bar; full: number; dim: boolean; said: string }) {
  const share = (count: number) => `${(count / full) * 100}%`
  const { open, closed } = bar
  return (
    <div className={styles.column} data-dim={dim || undefined} title={`${said}: ${open} open, ${closed} closed`}>
      {open > 0 && <div className={styles.open} style={{ height: share(open) }} />}
      {closed > 0 && <div className={styles.closed} style={{ height: share(closed) }} />}
    </div>
  )
}

interface HandleProps {
  readonly which: 'from' | 'to'
  readonly all: readonly Bar[]
  readonly index: number
  /** Where the other handle is, which this one does not pass. */
  readonly other: number
  readonly said: (at: number) => string
  readonly onStretch: HistogramProps['onStretch']
}

function Handle({ which, all, index, other, said, onStretch }: HandleProps) {
  const isFrom = which === 'from'
  const [least, most] = isFrom ? [0, other] : [other, all.length - 1]
  const bar = all[index]
  const at = (isFrom ? bar?.from : bar?.to) ?? 0
  const keys = (event: KeyboardEvent) => {
    const to = moved(event.key, index, least, most)
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    onStretch(isFrom ? stretch(all, to, other) : stretch(all, other, to))
  }
  const text = `${isFrom ? 'from' : 'before'} ${said(at)}`
  return (
    <div
      role="slider"
      tabIndex={0}
      className={styles.handle}
      data-end={which}
      style={{ left: `${((isFrom ? index : index + 1) / all.length) * 100}%` }}
      aria-label={isFrom ? 'Last changed from' : 'Last changed before'}
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={index}
      aria-valuetext={text}
      title={`Last changed ${text}`}
      onKeyDown={keys}
    />
  )
}

function moved(key: string, index: number, least: number, most: number): number | undefined {
  const within = (to: number) => Math.max(least, Math.min(most, to))
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return within(index - 1)
    case 'ArrowRight':
    case 'ArrowUp':
      return within(index + 1)
    case 'PageDown':
      return within(index - 6)
    case 'PageUp':
      return within(index + 6)
    case 'Home':
      return least
    case 'End':
      return most
    default:
      return undefined
  }
}
