/** The stages in a row, each with what waits, since when, and how it goes. */
import { formatCount } from '@tillroll/storefront/shared/money'
import { useStore } from '@tillroll/storefront/ui/store'
import type { ReactNode } from 'react'
import { duration } from '../clock/zone'
import { follow, hrefTo } from '../frame/follow'
import { Badge } from '../watch/Badge'
import { useNow } from '../watch/now'
import type { Pipeline, Stage } from '../watch/wire'
import { counted } from '../watch/words'
import styles from './Flow.module.css'
import { lagOf, type Station, stateOf, stations, subscriptionOf } from './flow'
import { history, movedAt, trendOf } from './history'

export function Flow({ of }: { readonly of: Pipeline }) {
  return (
    <ol className={styles.flow} aria-label="Stages, in the order of the flow">
      {stations(of).map((station) => (
        <li key={station.name} className={styles.station} data-station={station.name}>
          <h2 className={styles.name}>{station.title}</h2>
          <Facts station={station} of={of} />
          {station.stages.map((stage) => (
            <StageBox key={stage.name} stage={stage} of={of} alone={station.stages.length === 1} />
          ))}
        </li>
      ))}
    </ol>
  )
}

/** What is known of a station beside its stages. */
function Facts({ station, of }: { readonly station: Station; readonly of: Pipeline }) {
  const { reconciliation, tampered, stages } = of
  switch (station.name) {
    case 'table':
      return reconciliation ? (
        <p className={styles.fact}>
          {counted(reconciliation.events, 'event')} of {counted(reconciliation.carts, 'cart')} when last verified
        </p>
      ) : (
        <p className={styles.fact}>The truth: every event of every cart. How many there are, a verification says.</p>
      )
    case 'bus': {
      const published = stages.find(({ name }) => name === 'publish')?.rates?.out_per_minute
      return (
        <p className={styles.fact}>
          {published === undefined
            ? 'What came is not measured here.'
            : `${formatCount(published)} came in the last minute.`}
          {tampered > 0 && (
            <strong className={styles.error}> {counted(tampered, 'record')} kept back as tampered with.</strong>
          )}
        </p>
      )
    }
    default:
      return null
  }
}

const ARROWS = { growing: '↗', shrinking: '↘', steady: '→' } as const

interface StageBoxProps {
  readonly stage: Stage
  readonly of: Pipeline
  readonly alone: boolean
}

function StageBox({ stage, of, alone }: StageBoxProps) {
  const now = useNow()
  const samples = useStore(history)
  const { tone, word } = stateOf(stage, of, now)
  const trend = trendOf(samples, stage.name)
  const moved = movedAt(samples, stage.name)
  return (
    <div className={styles.stage} data-stage={stage.name} data-tone={tone}>
      <p className={styles.line}>
        {!alone && <strong className={styles.sub}>{subscriptionOf(stage)}</strong>}
        <Badge tone={tone}>{word}</Badge>
      </p>
      <p className={styles.lag}>
        {lagOf(stage)}{' '}
        {(stage.lag_events > 0 || trend !== 'steady') && (
          <span role="img" aria-label={trend} title={trend}>
            {ARROWS[trend]}
          </span>
        )}
      </p>
      {stage.rates && (
        <p className={styles.fact}>
          {formatCount(stage.rates.in_per_minute)} in, {formatCount(stage.rates.out_per_minute)} out a minute
        </p>
      )}
      <p className={styles.fact}>{movedWords(moved, now)}</p>
      {stage.last_error && <p className={styles.error}>{stage.last_error}</p>}
      <Ways stage={stage} of={of} />
    </div>
  )
}

function movedWords(moved: number | undefined, now: number): string {
  if (moved === undefined) return 'nothing finished yet in sight'
  return now - moved < 60_000 ? 'finished some in the last minute' : `finished none for ${duration(now - moved)}`
}

/** Where to go for what stands still. */
function Ways({ stage, of }: { readonly stage: Stage; readonly of: Pipeline }): ReactNode {
  const whose = subscriptionOf(stage)
  if (stage.name.startsWith('replay ')) {
    const dead = of.dead_letters.find(({ subscription }) => subscription === whose)?.messages ?? 0
    return dead === 0 ? null : (
      <Way path="letters" query={{ subscription: whose }}>
        {counted(dead, 'dead letter')}
      </Way>
    )
  }
  const parked = of.parked.filter(({ subscription }) => subscription === whose)
  if (!stage.name.startsWith('project ') || parked.length === 0) return null
  return (
    <Way path="letters" query={{ subscription: whose }}>
      {counted(parked.length, 'parked cart')}
    </Way>
  )
}

function Way({ path, query, children }: { path: string; query: Record<string, string>; children: string }) {
  return (
    <a className={styles.way} href={hrefTo(path, query)} onClick={(event) => follow(event, path, query)}>
      {children}
    </a>
  )
}
