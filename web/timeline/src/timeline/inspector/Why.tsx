/** The life of one field: a small chart, and the events that set it. */
import { lazy, Suspense } from 'react'
import { moment } from '../../clock/zone'
import { useLatest } from '../../history/latest'
import type { Turn } from '../../history/wire'
import { Notice } from '../../ui/Notice'
import { useMoment } from '../MomentOf'
import { masked } from '../masked'
import { useModel } from '../model'
import { namesOf, valueInWords } from './changes'
import styles from './Inspector.module.css'

/** A chart is fetched when one is shown. */
const LifeChart = lazy(() => import('./LifeChart'))

/** The newest ones; the chart has all. */
const TURNS_MAX = 50
const OFFERED = ['/total_minor', '/subtotal_minor', '/discount_minor', '/status'] as const

export function Why() {
  const { field, setField, history, known, version } = useModel()
  const { moment: at } = useMoment()
  const { last } = useLatest(field, `${field} ${known.length}`, (pointer) =>
    history.ask('life', { pointer, from: 1, to: known.length }),
  )
  if (field === null) {
    return (
      <Notice
        title="Pick a field"
        actions={OFFERED.map((path) => (
          <button key={path} type="button" className={styles.offer} onClick={() => setField(path)}>
            {namesOf(path)}
          </button>
        ))}
      >
        Click any value in the state or in a difference, and its whole life is here.
      </Notice>
    )
  }
  if (!last || last.question !== field) return null
  const currency = at?.cart?.currency ?? null
  const turns = last.answer
  const numbers = turns.every(({ to }) => to === null || to === undefined || typeof to === 'number')
  const setter = turns.findLast((turn) => turn.version <= version)
  return (
    <div className={styles.side}>
      <div className={styles.heading}>
        <h3 className={styles.sentence}>
          <bdi>{namesOf(field)}</bdi>
        </h3>
        <button type="button" className={styles.offer} onClick={() => setField(null)}>
          Another field
        </button>
      </div>
      <p className={styles.hint}>
        {setter ? (
          <>
            What it is at version {version} was set by event {setter.version}.
          </>
        ) : (
          'Nothing had set it by then.'
        )}
      </p>
      {numbers && turns.length > 1 && (
        <Suspense fallback={<div className={styles.chart} />}>
          <LifeChart
            turns={turns}
            length={known.length}
            version={version}
            money={field.endsWith('_minor') ? currency : undefined}
          />
        </Suspense>
      )}
      <Turns turns={turns} field={field} currency={currency} />
    </div>
  )
}

function Turns({ turns, field, currency }: { turns: readonly Turn[]; field: string; currency: string | null }) {
  const { goVersion, version, history, clock, shown } = useModel()
  const name = field.slice(field.lastIndexOf('/') + 1)
  const newest = turns.slice(-TURNS_MAX).toReversed()
  return (
    <ol className={styles.turns} aria-label="Events that set it">
      {newest.map((turn) => {
        const value = (masked({ [name]: turn.to }, shown) as Record<string, unknown>)[name]
        const at = history.timeOf(turn.version)
        return (
          <li key={turn.version}>
            <button
              type="button"
              className={styles.turn}
              aria-current={turn.version === version || undefined}
              onClick={() => goVersion(turn.version)}
            >
              <span className={styles.turnVersion}>{turn.version}</span>
              <bdi className={styles.turnValue}>{valueInWords(field, value, currency)}</bdi>
              <span className={styles.turnTime}>{Number.isNaN(at) ? '' : moment(at, clock)}</span>
            </button>
          </li>
        )
      })}
      {turns.length > TURNS_MAX && <li className={styles.hint}>and {turns.length - TURNS_MAX} before</li>}
    </ol>
  )
}
