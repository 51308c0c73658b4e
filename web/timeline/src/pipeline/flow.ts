/** The stages in the order of the flow, and what there is to say about each; no drawing. */
import { duration } from '../clock/zone'
import type { Tone } from '../watch/Badge'
import type { Pipeline, Stage } from '../watch/wire'
import { counted, read } from '../watch/words'

/** Being so far behind is worth a word. */
const BEHIND_MS = 5_000

/** One box of the flow, and the stages in it. */
export interface Station {
  readonly name: 'table' | 'stream' | 'bus' | 'archive' | 'queues' | 'projections'
  readonly title: string
  readonly stages: readonly Stage[]
}

export function stations({ stages }: Pipeline): readonly Station[] {
  const named = (fits: (name: string) => boolean) => stages.filter(({ name }) => fits(name))
  return [
    { name: 'table', title: 'Event table', stages: [] },
    { name: 'stream', title: 'Table stream', stages: named((name) => name === 'publish') },
    { name: 'bus', title: 'Event bus', stages: [] },
    { name: 'archive', title: 'Archive', stages: named((name) => name === 'archive') },
    { name: 'queues', title: 'Replay queues', stages: named((name) => name.startsWith('replay ')) },
    { name: 'projections', title: 'Projections', stages: named((name) => name.startsWith('project ')) },
  ]
}

/** Whose stage it is: the subscription of `project carts`. */
export function subscriptionOf({ name }: Stage): string {
  return name.slice(name.indexOf(' ') + 1)
}

export interface Said {
  readonly tone: Tone
  readonly word: string
}

/** A stage's state in words. A queue whose run stands still on request is paused; a projection can have parked carts. */
export function stateOf(stage: Stage, { parked, replays }: Pipeline, now: number): Said {
  const since = read(stage.since)
  const age = since === undefined ? '' : ` ${duration(Math.max(0, now - since))}`
  switch (stage.state) {
    case 'stalled':
      return { tone: 'wrong', word: `Stalled${age}` }
    case 'stopped':
      return { tone: 'wrong', word: 'Stopped' }
    case 'retrying':
      return { tone: 'busy', word: `Failing${age}` }
    case 'running':
    case 'idle': {
      const of = subscriptionOf(stage)
      const isPaused = replays.some(
        (run) => run.subscription === of && run.paused_at !== null && run.finished_at === null,
      )
      if (stage.name.startsWith('replay ') && isPaused) return { tone: 'busy', word: 'Paused' }
      const stands = parked.filter(({ subscription }) => subscription === of).length
      if (stage.name.startsWith('project ') && stands > 0) return { tone: 'wrong', word: `${stands} parked` }
      if (stage.lag_ms >= BEHIND_MS) return { tone: 'busy', word: `Behind ${duration(stage.lag_ms)}` }
      return { tone: 'good', word: stage.state === 'idle' ? 'Running, idle' : 'Running' }
    }
    default:
      return stage.state satisfies never
  }
}

/** "3 events, 2 s": what waits, as count and as time. A queue knows its messages, each of which holds many events. */
export function lagOf({ name, lag_events, lag_ms }: Stage): string {
  if (lag_events === 0) return 'nothing waits'
  const what = name.startsWith('replay ') ? 'message' : 'event'
  return `${counted(lag_events, what)}, ${duration(lag_ms)}`
}
