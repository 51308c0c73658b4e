/** Who waits for what to end, and the log of what ended: also for pages that come later. */

import type { CoreSession, CoreSnapshot } from './core.js'
import { outcomeOf } from './snapshot.js'
import type { Outcome, Settlement } from './types.js'

/** As many as the core remembers. */
const LOG_MAX = 1_000

export interface Settlements {
  /** What becomes of a command in the end. */
  wait(id: string): Promise<Outcome>
  /** The same of a command that was taken before, and may have come to its end already. */
  waitUnlessOver(id: string, snapshot: CoreSnapshot): Promise<Outcome>
  /** Takes what the session settled since the last time. */
  take(session: CoreSession): readonly Settlement[]
  /** Whether it is in the log. */
  knows(id: string): boolean
  after(nth: number): readonly Settlement[]
  listen(listener: (settlement: Settlement) => void): () => void
  close(): void
}

export function settlements(): Settlements {
  const waiting = new Map<string, ((outcome: Outcome) => void)[]>()
  const listeners = new Set<(settlement: Settlement) => void>()
  let log: Settlement[] = []
  let last = 0
  let closed = false

  const lastOf = (of: string) => log.findLast(({ id }) => id === of)

  const end = (id: string, outcome: Outcome): void => {
    const resolves = waiting.get(id)
    waiting.delete(id)
    for (const resolve of resolves ?? []) resolve(outcome)
  }

  const wait = async (id: string): Promise<Outcome> =>
    closed ? { outcome: 'closed' } : new Promise((resolve) => waiting.set(id, [...(waiting.get(id) ?? []), resolve]))

  return {
    wait,
    async waitUnlessOver(of, { pending, attention }) {
      const isIt = ({ id }: { readonly id: string }) => id === of
      if (pending.some(isIt)) return wait(of)
      return lastOf(of)?.outcome ?? (attention.some(isIt) ? wait(of) : { outcome: 'elsewhere' })
    },
    take(session) {
      const settled = session
        .settledAfter(last)
        .map(({ nth, id, outcome }): Settlement => Object.freeze({ nth, id, outcome: outcomeOf(outcome) }))
      last = settled.at(-1)?.nth ?? last
      if (settled.length > 0) log = [...log, ...settled].slice(-LOG_MAX)
      for (const settlement of settled) {
        end(settlement.id, settlement.outcome)
        for (const listener of listeners) queueMicrotask(() => listener(settlement))
      }
      return settled
    },
    knows: (id) => !!lastOf(id),
    after: (least) => log.filter(({ nth }) => nth > least),
    listen: (listener) => listening(listeners, listener),
    close() {
      closed = true
      for (const id of [...waiting.keys()]) end(id, { outcome: 'closed' })
    },
  }
}

/** Adds one that listens, until the answer is called. Each its own, so that one function can be given twice. */
export function listening<Told extends readonly unknown[]>(
  listeners: Set<(...told: Told) => void>,
  listener: (...told: Told) => void,
): () => void {
  const own = (...told: Told) => listener(...told)
  listeners.add(own)
  return () => listeners.delete(own)
}
