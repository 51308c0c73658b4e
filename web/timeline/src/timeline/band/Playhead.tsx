/** The slider that the band is: true to keys and screen readers, drawn as a line. A pointer drags on the band itself. */
import { moment } from '../../clock/zone'
import { kindInWords } from '../../history/kinds'
import { type Model, useModel } from '../model'
import styles from './Band.module.css'

export function Playhead({ x }: { readonly x: number }) {
  const model = useModel()
  const { places, place } = model
  return (
    <>
      <input
        className={styles.slider}
        type="range"
        aria-label="Moment"
        aria-valuetext={placeInWords(model)}
        min={0}
        max={places.count}
        step={1}
        value={place + 1}
        disabled={places.count === 0}
        onChange={(event) => model.goPlace(event.currentTarget.valueAsNumber - 1)}
      />
      {x >= 0 && x <= 1 && (
        <div
          className={styles.playhead}
          data-refused={model.refusal !== null || undefined}
          style={{ left: `${x * 100}%` }}
        />
      )}
    </>
  )
}

const counts = new Intl.NumberFormat('en-US', { useGrouping: false })

/** "event 42 of 317, item added, 14:03:22 UTC" */
export function placeInWords({ version, refusal, known, history, clock }: Model): string {
  const of = `${counts.format(version)} of ${counts.format(known.length)}`
  if (version === 0) return `before the first of ${counts.format(known.length)} events`
  if (refusal) return `refused after event ${of}, ${refusal.message}, ${moment(Date.parse(refusal.time), clock)}`
  const at = history.timeOf(version)
  const when = Number.isNaN(at) ? 'at an unknown time' : spoken(at, clock)
  return `event ${of}, ${kindInWords(history.kindOf(version))}, ${when}`
}

/** The time of day is enough: the day is said where it is another one. */
function spoken(at: number, clock: Model['clock']): string {
  const all = moment(at, clock)
  return clock.zone === 'relative' ? all : all.replace(/^\S+ /, '').replace(/\.\d+/, '')
}
