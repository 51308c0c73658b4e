/** One line for each stretch of time: what the table has of it, and what does not agree elsewhere. */
import { formatCount } from '@tillroll/storefront/shared/money'
import { Button } from '@tillroll/storefront/ui/Button'
import { useState } from 'react'
import { type Clock, moment } from '../clock/zone'
import { useClock } from '../watch/now'
import { Scroller } from '../watch/Scroller'
import tables from '../watch/tables.module.css'
import { KINDS, type Slice, slices, type Verification } from './verification'

const SHOWN = 12

interface SlicesProps {
  readonly of: Verification
  readonly slice: string
  readonly kind: string
  readonly onChoose: (slice: string, kind: string) => void
}

export function Slices({ of, slice, kind, onChoose }: SlicesProps) {
  const clock = useClock()
  const [whole, setWhole] = useState(false)
  const all = slices(of)
  if (all.length === 0) return null
  const wrong = (one: Slice) => KINDS.some((kind) => one.found[kind] > 0)
  // What does not agree comes before what does.
  const first = new Set([...all.filter(wrong), ...all].slice(0, SHOWN))
  const shown = whole ? all : all.filter((one) => first.has(one))
  return (
    <Scroller>
      <table className={tables.table}>
        <caption className={tables.caption}>By the time of recording</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" className={tables.end}>
              In the table
            </th>
            {KINDS.map((kind) => (
              <th key={kind} scope="col" className={tables.end}>
                {kind}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <tr key={one.key} data-wrong={wrong(one) || undefined}>
              <th scope="row">{range(one, clock)}</th>
              <td className={tables.end}>{one.events === null ? '–' : formatCount(one.events)}</td>
              {KINDS.map((of) => (
                <td key={of} className={tables.end}>
                  <Count
                    count={one.found[of]}
                    chosen={slice === one.key && kind === of}
                    said={`${one.found[of]} ${of}, ${range(one, clock)}`}
                    onClick={(chosen) => onChoose(chosen ? '' : one.key, chosen ? '' : of)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < all.length && (
        <Button look="quiet" onClick={() => setWhole(true)}>
          All {all.length} stretches of time
        </Button>
      )}
    </Scroller>
  )
}

interface CountProps {
  readonly count: number
  readonly chosen: boolean
  readonly said: string
  readonly onClick: (chosen: boolean) => void
}

function Count({ count, chosen, said, onClick }: CountProps) {
  if (count === 0) return <span className={tables.nought}>0</span>
  return (
    <button
      type="button"
      className={tables.count}
      aria-pressed={chosen}
      aria-label={said}
      onClick={() => onClick(chosen)}
    >
      {formatCount(count)}
    </button>
  )
}

/** A stretch of time, without seconds where its ends have none. */
function range({ from, to }: Slice, { zone, now }: Clock): string {
  if (from === null || to === null) return 'at an unknown time'
  // Distances say nothing of a stretch of time.
  const clock = { zone: zone === 'relative' ? ('utc' as const) : zone, now }
  const [begin, end] = [moment(from, clock), moment(to, clock)]
  const sameDay = begin.slice(0, 10) === end.slice(0, 10)
  return `${begin.slice(0, 16)} to ${end.slice(sameDay ? 11 : 0, 16)}${begin.slice(23)}`
}
