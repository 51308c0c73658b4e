/** The last day of lag: what the server kept of it, and from when this page looks on what it saw itself. */
import { store } from '@tillroll/storefront/ui/store'
import type { Pipeline } from '../watch/wire'

const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** Between two looks that lie so far apart nothing is known. */
export const GAP_MS = 30_000

export interface Sample {
  readonly at: number
  /** The server's own: the worst of so long from then on; absent of what was seen here. */
  readonly spanMs?: number
  readonly stages: ReadonlyMap<string, Lag>
}

export interface Lag {
  readonly events: number
  readonly ms: number
  /** Finished in the minute before. */
  readonly out: number
}

export const history = store<readonly Sample[]>([])

export function remember(pipeline: Pipeline, at: number): void {
  const stages = new Map(
    pipeline.stages.map(({ name, lag_events, lag_ms, rates }) => [
      name,
      { events: lag_events, ms: lag_ms, out: rates?.out_per_minute ?? 0 },
    ]),
  )
  history.update((all) => {
    const seen = [...all.filter((one) => one.spanMs === undefined && one.at > at - HOUR_MS), { at, stages }]
    return [...toldOf(pipeline, seen[0]?.at ?? at), ...seen]
  })
}

/** What the server has of the time before. */
function toldOf({ lags = [], stages }: Pipeline, before: number): readonly Sample[] {
  const told = lags.map(({ at, span_ms, lag_events, lag_ms }): Sample => {
    const of = stages.map(({ name }, nth): [string, Lag] => [
      name,
      { events: lag_events[nth] ?? 0, ms: lag_ms[nth] ?? 0, out: 0 },
    ])
    return { at: Date.parse(at), spanMs: span_ms, stages: new Map(of) }
  })
  return told.filter(({ at }) => at < before)
}

export type Trend = 'growing' | 'shrinking' | 'steady'

const TREND_MS = 60_000

/** Whether more waits than a minute ago, or less; of what was seen in that minute. */
export function trendOf(samples: readonly Sample[], stage: string): Trend {
  const newest = samples.at(-1)
  const now = newest?.stages.get(stage)
  const then = samples.find(({ at }) => newest && at >= newest.at - TREND_MS)?.stages.get(stage)
  if (!now || !then || now.events === then.events) return 'steady'
  return now.events > then.events ? 'growing' : 'shrinking'
}

/** When the stage last finished something, at the latest; undefined when that was not seen. */
export function movedAt(samples: readonly Sample[], stage: string): number | undefined {
  return samples.findLast(({ stages }) => (stages.get(stage)?.out ?? 0) > 0)?.at
}

/** Columns for a chart: seconds, and one column for each stage, with holes where nobody looked. */
export function columns(
  samples: readonly Sample[],
  stages: readonly string[],
  of: 'ms' | 'events',
): (number | null)[][] {
  const at: number[] = []
  const lines: (number | null)[][] = stages.map(() => [])
  samples.forEach((sample, nth) => {
    const before = samples[nth - 1]
    if (before && sample.at - before.at > (before.spanMs ?? 0) + GAP_MS) {
      at.push((before.at + 1) / 1_000)
      for (const line of lines) line.push(null)
    }
    at.push(sample.at / 1_000)
    for (const [index, stage] of stages.entries()) lines[index]?.push(value(sample.stages.get(stage), of))
  })
  return [at, ...lines]
}

function value(lag: Lag | undefined, of: 'ms' | 'events'): number | null {
  if (!lag) return null
  return of === 'ms' ? lag.ms / 1_000 : lag.events
}
