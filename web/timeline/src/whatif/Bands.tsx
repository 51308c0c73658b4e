/** Both histories as bands, aligned row by row, with the slider that moves in both. All of it is in the list too. */
import { formatCount } from '@tillroll/storefront/shared/money'
import type { CSSProperties } from 'react'
import type { Pair } from './answer'
import styles from './Bands.module.css'
import { eventInWords, FATES } from './words'

/** Most bars of a band: more than a screen has room for look the same. */
const BARS_MAX = 400

interface BandsProps {
  readonly pair: Pair
  readonly at: number
  readonly onAt: (row: number) => void
}

export function Bands({ pair, at, onAt }: BandsProps) {
  const { length, divergence } = pair
  const bars = Math.min(length, BARS_MAX)
  const first = (bar: number) => Math.floor((bar * length) / bars)
  return (
    <div className={styles.bands}>
      <span className={styles.name} aria-hidden="true">
        A
      </span>
      <span className={styles.name} data-side="b" aria-hidden="true">
        B
      </span>
      <svg className={styles.drawn} viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
        {Array.from({ length: bars }, (_, bar) => {
          const [from, to] = [first(bar), Math.max(first(bar + 1), first(bar) + 1)]
          const rows = Array.from({ length: Math.min(to - from, LOOKED_AT_MAX) }, (_, nth) => pair.row(from + nth))
          const told = rows.find(({ fate }) => fate.fate !== 'same') ?? rows[0]
          if (!told) return null
          const place = { x: (from / length) * 100, width: Math.max(0.12, ((to - from) / length) * 100 - 0.12) }
          return (
            <g key={from} data-fate={told.fate.fate}>
              {rows.some(({ a }) => a !== null) && <rect {...place} y="1" height="8" className={styles.a} />}
              <rect {...place} y="11" height="8" className={styles.b} data-there={rows.some(({ b }) => b !== null)} />
            </g>
          )
        })}
        {divergence >= 0 && (
          <rect className={styles.parting} x={(divergence / length) * 100} y="0" width="0.25" height="20" />
        )}
        <rect className={styles.playhead} x={(at / length) * 100} y="0.5" width={100 / length} height="19" />
      </svg>
      {divergence >= 0 && (
        <p
          className={styles.flag}
          data-late={divergence / length > LATE || undefined}
          style={{ '--at': divergence / length } as CSSProperties}
          aria-hidden="true"
        >
          <span>▲</span> first difference
        </p>
      )}
      <input
        className={styles.slider}
        type="range"
        min={0}
        max={length - 1}
        value={at}
        aria-label="Step of both histories"
        aria-valuetext={inWords(pair, at)}
        onChange={(event) => onAt(event.currentTarget.valueAsNumber)}
      />
    </div>
  )
}

/** Behind this part of the band its name stands before the flag, as there is no room behind it. */
const LATE = 0.6

/** Of the rows under one bar so many are looked at: the rest of a very long history looks like them. */
const LOOKED_AT_MAX = 64

export function inWords(pair: Pair, at: number): string {
  const { fate, a, b } = pair.row(at)
  const event = a !== null ? pair.recorded(a) : b !== null ? pair.alternative(b) : undefined
  const told = event ? `, ${eventInWords(event, null)}` : ''
  const parts = at === pair.divergence ? ', the carts differ from here on' : ''
  return `step ${formatCount(at + 1)} of ${formatCount(pair.length)}${told}, ${FATES[fate.fate]}${parts}`
}
