/** Who waits for what to end, and the log of what ended: also for pages that come later. */

import type { CoreSession, CoreSnapshot } from './core.js'
import { outcomeOf } from './snapshot.js'
import type { Outcome, Settlement } from './types.js'

/** As many as the core remembers. */
const LOG_MAX = 1_000

export class Settlements {
  readonly #waiting = new Map<string, ((outcome: Outcome) => void)[]>()
  readonly #listeners = new Set<(settlement: Settlement) => void>()
  #log: Settlement[] = []
  #nth = 0
  #closed = false

  /** What becomes of a command in the end. */
  wait(id: string): Promise<Outcome> {
    if (this.#closed) return Promise.resolve({ outcome: 'closed' })
    return new Promise((resolve) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve])
    })
  }

  /** Takes what the session settled since the last time. */
  take(session: CoreSession): readonly Settlement[] {
    const settled = session
      .settledAfter(this.#nth)
      .map(({ nth, id, outcome }): Settlement => Object.freeze({ nth, id, outcome: outcomeOf(outcome) }))
    this.#nth = settled.at(-1)?.nth ?? this.#nth
    if (settled.length > 0) this.#log = [...this.#log, ...settled].slice(-LOG_MAX)
    for (const settlement of settled) {
      this.#end(settlement.id, settlement.outcome)
      for (const listener of [...this.#listeners]) queueMicrotask(() => listener(settlement))
    }
    return settled
  }

  #end(id: string, outcome: Outcome): void {
    const resolves = this.#waiting.get(id)
    this.#waiting.delete(id)
    for (const resolve of resolves ?? []) resolve(outcome)
  }

  /** The same of a command that was taken before, and may have come to its end already. */
  waitUnlessOver(id: string, { pending, attention }: CoreSnapshot): Promise<Outcome> {
    if (pending.some((command) => command.id === id)) return this.wait(id)
    const last = this.#log.findLast((settlement) => settlement.id === id)
    if (last) return Promise.resolve(last.outcome)
    if (attention.some((command) => command.id === id)) return this.wait(id)
    return Promise.resolve({ outcome: 'elsewhere' })
  }

  knows(id: string): boolean {
    return this.#log.some((settlement) => settlement.id === id)
  }

  after(nth: number): readonly Settlement[] {
    return this.#log.filter((settlement) => settlement.nth > nth)
  }

  listen(listener: (settlement: Settlement) => void): () => void {
    const own = (settlement: Settlement) => listener(settlement)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  close(): void {
    this.#closed = true
    for (const id of [...this.#waiting.keys()]) this.#end(id, { outcome: 'closed' })
  }
}
