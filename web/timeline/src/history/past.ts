/** All that is held of one cart: the core's timeline, and packed pages for what stands beside the events. */
import {
  type CartState,
  type Change,
  openTimeline,
  type RecordedEvent,
  type Timeline,
  type TimelineColumns,
  type WhatIfAnswer,
  type WhatIfEdit,
  type WhatIfQuestion,
} from '@tillroll/cart'
import { parseFilter, passes, type Subject } from './filter'
import { KINDS, kindInWords, UNKNOWN } from './kinds'
import { Pages } from './pages'
import { stepsOf } from './steps'
import type { Decided, Moment, ReducerFrom, Row, Told, Turn } from './wire'
import { changesNothing, sentence } from './words'

/** What a page brought. */
export interface Grown {
  readonly cart: string
  readonly after: number
  readonly kinds: Uint8Array
  /** When each event happened, or else when it was written down; NaN where neither is known. */
  readonly times: Float64Array
  readonly reducers: readonly ReducerFrom[]
}

/** Events that are looked at before other questions may be answered. */
const MATCHED_AT_ONCE = 2_000

export class Past {
  readonly #pages: Pages
  #timeline: Timeline | null = null
  #filters = 0

  /** `again` fetches the page behind a version once more. */
  constructor(again: (after: number) => Promise<Uint8Array>) {
    this.#pages = new Pages(again)
  }

  /** The newest version. */
  get length(): number {
    return this.#timeline?.length ?? 0
  }

  /** Goes on with a page; gives what of it is new, null when nothing is. */
  async take(bytes: Uint8Array): Promise<Grown | null> {
    const after = this.length
    if (this.#timeline) this.#timeline.append(bytes)
    else this.#timeline = await openTimeline(bytes)
    const { kinds, happened_ms, recorded_ms, offsets, reducers }: TimelineColumns = this.#timeline.columns(bytes)
    if (kinds.length === 0) return null
    this.#pages.push(bytes, after, kinds, offsets)
    for (const [nth, happened] of happened_ms.entries()) {
      if (Number.isNaN(happened)) happened_ms[nth] = recorded_ms[nth] ?? Number.NaN
    }
    return {
      cart: this.#timeline.cart,
      after,
      kinds: kinds.slice(),
      times: happened_ms,
      reducers: reducers.map(({ nth, reducer }) => ({ version: after + nth + 1, reducer })),
    }
  }

  /** The cart at a version; null before it was opened. */
  at(version: number): CartState | null {
    return (version > 0 && this.#timeline?.at(version)) || null
  }

  /** That cart with what its last event changed. */
  moment(version: number): Moment {
    return { cart: this.at(version), changes: version > 0 ? this.diff(version - 1, version) : [] }
  }

  diff(from: number, to: number): readonly Change[] {
    return this.#timeline?.diff(from, to) ?? []
  }

  life(pointer: string, from: number, to: number): readonly Turn[] {
    return this.#timeline?.life(pointer, from, to) ?? []
  }

  /** An event with all that was recorded of it. */
  async entry(version: number): Promise<RecordedEvent> {
    const lying = await this.#pages.lying(version)
    if (!this.#timeline || !lying) throw new RangeError(`there is no event ${version}`)
    return this.#timeline.entry(lying.bytes, lying.offset, version)
  }

  async rows(first: number, last: number, shown: boolean): Promise<readonly Row[]> {
    const rows: Row[] = []
    let before = this.at(first - 1)
    for (let version = Math.max(1, first); version <= Math.min(last, this.length); version += 1) {
      const after = this.at(version)
      rows.push(await this.#row(version, before, after, shown))
      before = after
    }
    return rows
  }

  /** Versions that pass a filter; null when another filter was asked for meanwhile. */
  async match(filter: string): Promise<Uint32Array | null> {
    this.#filters += 1
    const mine = this.#filters
    const tokens = parseFilter(filter)
    const found: number[] = []
    for (let after = 0; after < this.length; after += MATCHED_AT_ONCE) {
      const count = Math.min(MATCHED_AT_ONCE, this.length - after)
      const actors = tokens.some(({ by }) => by === 'actor') ? await this.#actors(after, count) : []
      const subjects = this.#subjects(after, count, actors)
      for (const [nth, subject] of subjects.entries()) if (passes(tokens, subject)) found.push(after + nth + 1)
      await new Promise((resolve) => setTimeout(resolve))
      if (mine !== this.#filters) return null
    }
    return Uint32Array.from(found)
  }

  /** Versions near by that the same command or the same errand led to, without the one asked for. */
  async related(version: number): Promise<readonly number[]> {
    const { id, commandid, correlationid } = await this.entry(version)
    const found: number[] = []
    const last = Math.min(this.length, version + RELATED_WITHIN)
    for (let other = Math.max(1, version - RELATED_WITHIN); other <= last && found.length < RELATED_MAX; other += 1) {
      const of = await this.entry(other)
      const akin =
        (commandid !== undefined && of.commandid === commandid) ||
        (correlationid !== undefined && of.correlationid === correlationid) ||
        of.causationid === id
      if (akin && other !== version) found.push(other)
    }
    return found
  }

  /** What edits lead to, decided again by the core. */
  async decided(edits: readonly WhatIfEdit[]): Promise<Decided | null> {
    const answer = this.#timeline && (await this.#ask({ mode: 'decide_again', edits }))
    return answer?.answer === 'alternative' ? { cart: answer.alternative, steps: answer.steps } : null
  }

  async whatIf(question: WhatIfQuestion): Promise<Told> {
    const answer = await this.#ask(question)
    if (answer.answer === 'impossible') return answer
    return { ...answer, steps: stepsOf(answer.steps), packed: Uint8Array.from(answer.packed) }
  }

  async #ask(question: WhatIfQuestion): Promise<WhatIfAnswer> {
    if (!this.#timeline) throw new RangeError('there are no events')
    // The core would say so too, of more bytes than anybody should put together for that.
    if (this.length > WHAT_IF_EVENTS_MAX) {
      return { answer: 'impossible', reason: 'too_many_events', edit: null, version: null }
    }
    const pages = await this.#pages.all()
    const [first, second] = pages
    const whole = first && !second ? first : this.#timeline.join(pages)
    return this.#timeline.whatIf(whole, question)
  }

  async #row(version: number, before: CartState | null, after: CartState | null, shown: boolean): Promise<Row> {
    const event = this.#timeline?.event(version)
    if (!event) throw new RangeError(`there is no event ${version}`)
    const total = after?.total_minor ?? 0
    return {
      version,
      kind: this.#kind(version),
      type: event.type,
      sentence: sentence(event, before, after, shown),
      actor: (await this.entry(version)).actor ?? null,
      total,
      change: total - (before?.total_minor ?? 0),
      currency: after?.currency ?? null,
      unchanged: changesNothing(before, after),
    }
  }

  /** The events after a version as the filter sees them; each column is fetched when the first of them is asked for it. */
  #subjects(after: number, count: number, actors: readonly (string | null)[]): readonly Subject[] {
    const timeline = this.#timeline
    if (!timeline) return []
    const once = <T>(make: () => T) => {
      let made: T | undefined
      return () => {
        made ??= make()
        return made
      }
    }
    const texts = once(() => timeline.texts(after, count))
    const changed = once(() => timeline.totals(after, count).changed)
    return Array.from({ length: count }, (_, nth): Subject => {
      const version = after + nth + 1
      const kind = this.#kind(version)
      return {
        type: KINDS[kind] ?? texts()[nth] ?? '',
        refused: false,
        actor: () => actors[nth] ?? null,
        skus: () => skusOf(kind, texts()[nth] ?? ''),
        text: () => `${kindInWords(kind)}\n${texts()[nth] ?? ''}`,
        changed: () => changed()[nth] === 1,
      }
    })
  }

  /** Who acted, of the events after a version. */
  async #actors(after: number, count: number): Promise<readonly (string | null)[]> {
    const actors: (string | null)[] = []
    for (let nth = 0; nth < count; nth += 1) actors.push((await this.entry(after + nth + 1)).actor ?? null)
    return actors
  }

  #kind(version: number): number {
    return this.#pages.kind(version) ?? UNKNOWN
  }
}

/** An item's name, and its sku where that is another one; a line's sku. */
function skusOf(kind: number, text: string): readonly string[] {
  switch (KINDS[kind]) {
    case 'ItemAdded':
      return [text.split('\n').at(-1) ?? '']
    case 'ItemQuantityChanged':
    case 'ItemRemoved':
      return [text]
    default:
      return []
  }
}

/** As many as the core takes. */
const WHAT_IF_EVENTS_MAX = 100_000
/** What an errand leads to comes soon after it. */
const RELATED_WITHIN = 1_000
/** More are not listed. */
const RELATED_MAX = 50
