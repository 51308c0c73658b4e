/** How far a run is and what can be done with it; no drawing. */
import { duration } from '../clock/zone'
import type { Tone } from '../watch/Badge'
import type { Filter, Phase, Run } from '../watch/wire'
import { counted } from '../watch/words'

export const PHASES = {
  planning: 'Planning',
  sending: 'Sending',
  draining: 'Draining the queue',
  catching_up: 'Catching up',
  rebuilding: 'Rebuilding carts',
  switching: 'Switching',
  clearing: 'Clearing up',
  finished: 'Finished',
  cancelled: 'Cancelled',
} as const satisfies Record<Phase, string>

export const TARGETS = {
  new_generation: 'into a new generation',
  live_generation: 'into the live generation',
  previous_generation: 'back to the generation before',
  carts: 'single carts',
} as const satisfies Record<Run['target'], string>

/** The phases that a run goes through, in order. */
export function course({ target }: Run): readonly Phase[] {
  switch (target) {
    case 'new_generation':
      return ['planning', 'sending', 'draining', 'catching_up', 'switching', 'clearing', 'finished']
    case 'live_generation':
      return ['planning', 'sending', 'draining', 'clearing', 'finished']
    case 'previous_generation':
      return ['planning', 'draining', 'catching_up', 'switching', 'clearing', 'finished']
    case 'carts':
      return ['planning', 'sending', 'rebuilding', 'clearing', 'finished']
    default:
      return target satisfies never
  }
}

export function isOver({ finished_at }: Run): boolean {
  return finished_at !== null
}

export function stateOf(run: Run): { readonly tone: Tone; readonly word: string } {
  if (run.phase === 'finished') return { tone: 'good', word: 'Finished' }
  if (run.phase === 'cancelled') return { tone: 'calm', word: 'Cancelled' }
  if (run.error) return { tone: 'wrong', word: 'Stands still' }
  if (run.paused_at) return { tone: 'busy', word: 'Paused' }
  return { tone: 'busy', word: PHASES[run.phase] }
}

/** The part of the work that is done, from 0 to 1; null when nobody can tell. */
export function share(run: Run): number | null {
  if (run.phase === 'finished') return 1
  if (run.target === 'carts') return run.carts?.length ? run.carts_rebuilt / run.carts.length : null
  if (run.objects_total === null) return null
  return run.objects_total === 0 ? 1 : Math.min(1, run.objects_done / run.objects_total)
}

/** How long it took, or takes, pauses left out. */
export function worked({ started_at, finished_at, paused_at, paused_ms }: Run, now: number): number {
  const end = Date.parse(finished_at ?? paused_at ?? new Date(now).toISOString())
  return Math.max(0, end - Date.parse(started_at) - paused_ms)
}

export function pace({ events_per_second, seconds_left, rate }: Run): string {
  const said = [
    events_per_second === null ? null : `${counted(events_per_second, 'event')}/s`,
    seconds_left === null ? null : `${duration(seconds_left * 1_000)} left`,
    rate === null ? null : `at most ${rate}/s`,
  ]
  return said.filter((word) => word !== null).join(', ') || '–'
}

/** Which events, in words; empty for all. */
export function filterInWords(filter: Filter | undefined, moment: (at: number) => string): string {
  if (!filter) return ''
  const { types = [], from, to } = filter
  const words = [
    types.length > 0 && types.join(', '),
    from && `from ${moment(Date.parse(from))}`,
    to && `to ${moment(Date.parse(to))}`,
  ]
  return words.filter(Boolean).join(', ')
}
