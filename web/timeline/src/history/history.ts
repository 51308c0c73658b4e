/**
 * A cart's history as the page has it: columns by version that grow as pages come, and questions to the worker. Everything
 * else that is on the screen is derived from these.
 */
import { store } from '@tillroll/storefront/ui/store'
import type { AskName, Asks, FromWorker, LiveState, Problem, ReducerFrom, Source, ToWorker } from './wire'

/** What there is of the cart by now. */
export interface Known {
  readonly cart: string
  /** The newest version that is here. */
  readonly length: number
  /** The newest version that there is, as far as was heard; at least `length`. */
  readonly expected: number
  /** Everything that there was when it was asked for is here. */
  readonly whole: boolean
  /** The server's fingerprint of its state, and of which version. */
  readonly hash: { readonly version: number; readonly hash: string } | null
  readonly problem: Problem | null
  readonly live: LiveState
  /** From which version on other rules wrote the events. */
  readonly reducers: readonly ReducerFrom[]
}

const NOTHING: Known = {
  cart: '',
  length: 0,
  expected: 0,
  whole: false,
  hash: null,
  problem: null,
  live: 'off',
  reducers: [],
}

/** Of one event, and for ever the same once it is there. */
type Lasting = 'moment' | 'entry'

export class History {
  readonly known = store<Known>(NOTHING)
  /** By version less one; only the first `length` count. */
  kinds: Uint8Array = new Uint8Array(1024)
  times: Float64Array = new Float64Array(1024)

  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  readonly #coming = new Map<string, Promise<Asks[Lasting]['answer']>>()
  /** By question; the newest stand last. */
  readonly #kept = new Map<string, Asks[Lasting]['answer']>()
  #nth = 0
  /** What grew and is not told yet. */
  #pending: Pick<Known, 'cart' | 'length' | 'expected' | 'reducers'> | null = null
  #telling: ReturnType<typeof setTimeout> | undefined

  constructor(source: Source) {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#heard(data))
    this.#worker.addEventListener('error', ({ message }) => {
      this.#update({ problem: { kind: 'failed', message: message || 'The history cannot be folded in this browser.' } })
    })
    this.#update({ cart: source.from === 'server' ? source.cart : '' })
    this.#say({ say: 'open', source })
  }

  /** When it happened; NaN where no time is known. */
  timeOf(version: number): number {
    return version >= 1 && version <= this.known.get().length ? (this.times[version - 1] ?? Number.NaN) : Number.NaN
  }

  kindOf(version: number): number {
    return this.kinds[version - 1] ?? 255
  }

  ask<Name extends AskName>(name: Name, ask: Asks[Name]['ask']): Promise<Asks[Name]['answer']> {
    this.#nth += 1
    const nth = this.#nth
    return new Promise<Asks[Name]['answer']>((resolve, reject) => {
      this.#waiting.set(nth, { resolve: resolve as (value: unknown) => void, reject })
      this.#worker.postMessage({ say: 'ask', ask: { name, nth, ...ask } })
    })
  }

  /** What is known of a version without waiting. */
  kept<Name extends Lasting>(name: Name, version: number): Asks[Name]['answer'] | undefined {
    return this.#kept.get(`${name} ${version}`) as Asks[Name]['answer'] | undefined
  }

  /** What there is to know of a version; asked for once, and kept for a while. */
  async lasting<Name extends Lasting>(name: Name, version: number): Promise<Asks[Name]['answer']> {
    const question = `${name} ${version}`
    const coming = this.#coming.get(question) ?? this.ask(name, { version })
    this.#coming.set(question, coming)
    try {
      const answer = await coming
      if (version <= this.known.get().length) this.#keep(question, answer as Asks[Name]['answer'])
      return answer as Asks[Name]['answer']
    } finally {
      this.#coming.delete(question)
    }
  }

  /** Asks for what somebody who goes on will want to see next, so that it is here by then. */
  expect(version: number): void {
    if (version < 1 || version > this.known.get().length) return
    for (const name of ['moment', 'entry'] as const) {
      // Who gets there asks again, and is told why.
      if (this.kept(name, version) === undefined) this.lasting(name, version).catch(() => {})
    }
  }

  #keep(question: string, answer: Asks[Lasting]['answer']): void {
    this.#kept.delete(question)
    this.#kept.set(question, answer)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_MAX) break
      this.#kept.delete(oldest)
    }
  }

  /** Goes on where something failed. */
  retry(): void {
    this.#update({ problem: null })
    this.#say({ say: 'retry' })
  }

  close(): void {
    clearTimeout(this.#telling)
    this.#worker.terminate()
    this.#waiting.clear()
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #update(change: Partial<Known>): void {
    this.known.update((known) => ({ ...known, ...change }))
  }

  #heard(message: FromWorker): void {
    switch (message.say) {
      case 'answer':
        this.#waiting.get(message.nth)?.resolve(message.value)
        this.#waiting.delete(message.nth)
        return
      case 'failed':
        this.#waiting
          .get(message.nth)
          ?.reject(Object.assign(new Error(message.message), { code: message.code, data: message.data }))
        this.#waiting.delete(message.nth)
        return
      case 'grown':
        this.#grow(message)
        return
      case 'expected':
        this.#update({
          expected: Math.max(message.version, this.known.get().expected),
          hash: { version: message.version, hash: message.hash },
        })
        return
      case 'whole':
        this.#tellGrowth()
        this.#update({ whole: true, problem: null })
        return
      case 'problem':
        this.#tellGrowth()
        this.#update({ problem: message.problem })
        return
      case 'live':
        this.#update({ live: message.state })
        return
      default:
        message satisfies never
    }
  }

  #grow({ cart, after, kinds, times, reducers }: FromWorker & { readonly say: 'grown' }): void {
    const known = this.known.get()
    const length = after + kinds.length
    if (length > this.kinds.length) {
      const room = Math.max(length, Math.min(known.expected, ROOM_MAX), Math.ceil(this.kinds.length * 1.5))
      const [more, later] = [new Uint8Array(room), new Float64Array(room)]
      more.set(this.kinds)
      later.set(this.times)
      this.kinds = more
      this.times = later
    }
    this.kinds.set(kinds, after)
    this.times.set(times, after)
    const all = this.#pending?.reducers ?? known.reducers
    const changed = reducers.filter(({ reducer }, nth) => nth > 0 || all.at(-1)?.reducer !== reducer)
    this.#pending = {
      cart,
      length,
      expected: Math.max(known.expected, length),
      reducers: changed.length > 0 ? [...all, ...changed] : all,
    }
    if (known.length === 0) this.#tellGrowth()
    else this.#telling ??= setTimeout(() => this.#tellGrowth(), TOLD_AFTER_MS)
  }

  /** Tells of everything that came since the last time, once. */
  #tellGrowth(): void {
    clearTimeout(this.#telling)
    this.#telling = undefined
    const grown = this.#pending
    this.#pending = null
    if (grown) this.#update(grown)
  }
}

/** Events for which there is room before they are here, because the server says that it has so many. */
const ROOM_MAX = 4_000_000
/** Moments that are expected and those just left: a few, of which each may have hundreds of lines. */
const KEPT_MAX = 16

/** A long history comes in a hundred pages, which nobody wants to see one by one; a timer, as frames rest in hidden tabs. */
const TOLD_AFTER_MS = 60
