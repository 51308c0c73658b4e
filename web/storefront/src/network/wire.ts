/** What goes over the wire, seen from both ends of the bad network: the client's and the server's. */
import { CartError, type Transport } from '@tillroll/cart'
import { type Faults, faulty, NO_FAULTS } from '@tillroll/cart/testing'
import { type Store, store } from '../ui/store'

/** One request, or something that arrived by itself. */
export interface WireEntry {
  readonly nth: number
  readonly at: number
  readonly what: string
  /** How often the server answered it. */
  readonly reached: number
  readonly outcome: string | null
  readonly went: 'well' | 'wrong' | 'on its way'
  readonly tookMs: number | null
}

/** Newest entries that are kept; older ones are of no interest on a page that shows what happens now. */
const ENTRIES_MAX = 60

export interface Wire {
  readonly transport: Transport
  readonly faults: Store<Faults>
  readonly entries: Store<readonly WireEntry[]>
  /** Puts down something that happened to the cart. */
  note(what: string): void
}

/** A wire to the server that can be made bad, with a record of what happens on it. */
export function wire(server: Transport): Wire {
  const entries = store<readonly WireEntry[]>([])
  const faults = store<Faults>({ ...NO_FAULTS })
  let count = 0
  const begin = (what: string): number => {
    count += 1
    const entry: WireEntry = {
      nth: count,
      at: Date.now(),
      what,
      reached: 0,
      outcome: null,
      went: 'on its way',
      tookMs: null,
    }
    entries.update((now) => [entry, ...now].slice(0, ENTRIES_MAX))
    return count
  }
  const change = (nth: number, changed: (entry: WireEntry) => Partial<WireEntry>) =>
    entries.update((now) => now.map((entry) => (entry.nth === nth ? { ...entry, ...changed(entry) } : entry)))
  const end = (nth: number, went: 'well' | 'wrong', outcome: string) =>
    change(nth, (entry) => ({ went, outcome, tookMs: Date.now() - entry.at }))

  // Which entry a batch belongs to, at the server's end.
  const sent = new WeakMap<readonly unknown[], number>()
  const inner: Transport = {
    ...server,
    send: async (batch, context) => {
      const nth = sent.get(batch)
      const result = await server.send(batch, context)
      if (nth !== undefined && result.result === 'answered') change(nth, ({ reached }) => ({ reached: reached + 1 }))
      return result
    },
  }
  const bad = faulty(inner)
  faults.subscribe(() => Object.assign(bad.faults, faults.get()))

  const transport: Transport = {
    ...bad,
    send: async (batch, context) => {
      const nth = begin(batch.map(({ type }) => type).join(', '))
      sent.set(batch, nth)
      try {
        const result = await bad.send(batch, context)
        if (result.result === 'answered') end(nth, 'well', answerInWords(result.reply))
        else end(nth, 'wrong', result.result === 'failed' ? errorInWords(result.error) : `turned away: ${result.code}`)
        return result
      } catch (error) {
        end(nth, 'wrong', errorInWords(error))
        throw error
      }
    },
    open: async (after, context, take, opened) => {
      const nth = begin(`Listening from version ${after}`)
      const heard = (events: readonly unknown[]) => {
        note(events.length === 1 ? 'An event arrived' : `${events.length} events arrived`)
        take(events)
      }
      try {
        await bad.open(after, context, heard, () => {
          end(nth, 'well', 'connected')
          opened()
        })
      } catch (error) {
        if (!context.signal.aborted) end(nth, 'wrong', errorInWords(error))
        throw error
      }
    },
  }
  const note = (what: string) => {
    const nth = begin(what)
    change(nth, () => ({ went: 'well' }))
  }
  return { transport, faults, entries, note }
}

function errorInWords(error: unknown): string {
  return error instanceof CartError ? error.code.replaceAll('_', ' ') : 'broken off'
}

/** What the server said, as far as it can be told at a glance. */
function answerInWords(reply: unknown): string {
  const { results, version } = (reply ?? {}) as { results?: unknown; version?: unknown }
  const statuses = Array.isArray(results) ? results.map((result: { status?: unknown }) => String(result?.status)) : []
  const counts = Map.groupBy(statuses, (status) => status)
  const words = [...counts].map(([status, all]) => (all.length === 1 ? status : `${all.length} ${status}`))
  return [...words, typeof version === 'number' ? `version ${version}` : ''].filter(Boolean).join(', ') || 'answered'
}
