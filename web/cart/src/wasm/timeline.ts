/** All of one cart's history, any moment of it at once. */

import { bytes, bytesOf, type Codec, list, nullable, real, text } from './codec.js'
import { type Cart, cart, type PastEvent, pastEvent } from './generated.js'
import {
  type Change,
  type Columns,
  change,
  columns,
  type Recording,
  recording,
  type TimelineCall,
  type Totals,
  type Turn,
  timelineCall,
  totals,
  turn,
  type WhatIfAnswer,
  type WhatIfEdit,
  type WhatIfMode,
  whatIfAnswer,
} from './generated-timeline.js'
import { Held, Module } from './module.js'

const moment = nullable(cart)
const changes = nullable(list(change))
const turns = list(turn)
const past = nullable(pastEvent)
const texts = list(text)
const nothing: Codec<void> = { put: () => {}, take: () => {} }

/** Bytes of a history that are in the wasm at once: with the call a little less than the room that it keeps for calls. */
const PIECE_BYTES = 60_000
/** Most bytes that one event can have in a history, with its length before it. */
const ENTRY_BYTES_MAX = (1 << 20) + 3

/** An event as the API writes it. */
export type RecordedEvent = Recording & { readonly specversion: '1.0'; readonly datacontenttype: 'application/json' }

/** What is asked of a cart's life. */
export interface WhatIfQuestion {
  readonly mode: WhatIfMode
  /** Versions in them are recorded ones. */
  readonly edits: readonly WhatIfEdit[]
  /** What was left out of the history, for the file that comes of it. */
  readonly redactions?: readonly string[]
}

/** Version of a timeline file's format. */
const FORMAT_VERSION = 1

/** Where timelines are made. */
export const timelines = /* @__PURE__ */ new Module()

export class CartTimeline {
  readonly #held = new Held<TimelineCall>(timelines, timelineCall)

  /** Reads a packed history that begins with the cart's first event. */
  constructor(history: Uint8Array) {
    try {
      this.append(history)
    } catch (thrown) {
      this.free()
      throw thrown
    }
  }

  /**
   * Packs events as the API writes them, the first one being of the version behind `after`, with all that was recorded.
   * At most 100,000; a longer history should come packed.
   */
  static pack(cart: string, events: readonly unknown[], after = 0): Uint8Array {
    const held = new Held<TimelineCall>(timelines, timelineCall)
    try {
      return bytes.take(held.ask({ call: 'pack', cart, after, events: events as readonly Recording[] }))
    } finally {
      held.free()
    }
  }

  /** Goes on with a packed history that begins where this one ends. After an error it ends before what is damaged. */
  append(history: Uint8Array): void {
    this.#inPieces('append', history, nothing)
  }

  /**
   * What can be said without folding of the events in a packed history, of this timeline or not: so that the bytes, which
   * have more than the timeline keeps, can stay on this side.
   */
  columns(history: Uint8Array): Columns {
    const parts = this.#inPieces('columns', history, columns)
    return {
      kinds: joined(parts.map(({ kinds }) => kinds)),
      recorded_ms: joined(parts.map(({ recorded_ms }) => recorded_ms)),
      happened_ms: joined(parts.map(({ happened_ms }) => happened_ms)),
      offsets: joined(parts.map(({ offsets }) => offsets)),
      reducers: rulesOf(parts),
    }
  }

  /** One event with all that was recorded: of the packed history that `columns` gave this offset for. */
  entry(history: Uint8Array, offset: number, version: number): RecordedEvent {
    const frame = bytesOf(history, 'history').subarray(offset, offset + ENTRY_BYTES_MAX)
    const recorded = recording.take(this.#held.ask({ call: 'entry', version }, frame))
    return { specversion: '1.0', datacontenttype: 'application/json', ...recorded }
  }

  /** The cart's id. */
  get cart(): string {
    return this.#ask({ call: 'cart' }, text)
  }

  /** How many events there are: the newest version. */
  get length(): number {
    return this.#ask({ call: 'length' }, real)
  }

  /** The cart at a version: null before it was opened, undefined when it never came that far. */
  at(version: number): Cart | null | undefined {
    const given = this.#held.ask({ call: 'at', version })
    return given.byte() ? moment.take(given) : undefined
  }

  /** What must be done to the cart at `from` to get the one at `to`; undefined when it never came that far. */
  diff(from: number, to: number): readonly Change[] | undefined {
    return this.#ask({ call: 'diff', from, to }, changes) ?? undefined
  }

  /** How the value at a JSON Pointer changed by the events `from` to `to`. */
  life(pointer: string, from: number, to: number): readonly Turn[] {
    return this.#ask({ call: 'life', pointer, from, to }, turns)
  }

  /** The event of a version; undefined when there is none. */
  event(version: number): PastEvent | undefined {
    return this.#ask({ call: 'event', version }, past) ?? undefined
  }

  /**
   * What kind each event after a version is, at most `limit` of them and 2^20: a byte each, numbered as in the packed
   * layout, 255 for one that this build does not know.
   */
  kinds(after: number, limit: number): Uint8Array {
    return this.#ask({ call: 'kinds', after, limit }, bytes)
  }

  /** What each event after a version did, at most `limit` of them and 2^20. Every moment is looked at: about 1 µs each. */
  totals(after: number, limit: number): Totals {
    return this.#ask({ call: 'totals', after, limit }, totals)
  }

  /**
   * What each event after a version names, to be searched, at most `limit` of them and 2^16: an item its name and, on a
   * second line, another sku; a line its sku; a discount its code; an owner; of an event of a newer build the event's name.
   */
  texts(after: number, limit: number): readonly string[] {
    return this.#ask({ call: 'texts', after, limit }, texts)
  }

  /**
   * Packed histories of which each goes on where the one before ends, as one; `beside` is kept beside its events, as a file
   * keeps its header. Nothing of this timeline is in it.
   */
  join(histories: readonly Uint8Array[], beside = ''): Uint8Array {
    const lengths = histories.map((history) => bytesOf(history, 'history').length)
    const all = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
    let at = 0
    for (const history of histories) {
      all.set(history, at)
      at += history.length
    }
    return bytes.take(this.#held.ask({ call: 'join', lengths, beside }, all))
  }

  /**
   * What would have become of the cart. `history` is all of this timeline, packed: the circumstances of its events, which are
   * not kept here, go into the alternative. That is a file of its own, marked as hypothetical; nothing stores one.
   */
  whatIf(history: Uint8Array, { mode, edits, redactions = [] }: WhatIfQuestion): WhatIfAnswer {
    const hypothetical = { mode, recorded_version: this.length, edits }
    const header = { format_version: FORMAT_VERSION, cart_id: this.cart, exported_at: null, redactions, hypothetical }
    const call: TimelineCall = { call: 'what_if', mode, edits, beside: JSON.stringify({ header }) }
    return whatIfAnswer.take(this.#held.ask(call, bytesOf(history, 'history')))
  }

  /** Gives it up at once; every further call fails. */
  free(): void {
    this.#held.free()
  }

  /** Hands a history over in pieces, so that it is never whole on the other side. */
  #inPieces<T>(call: 'append' | 'columns', history: Uint8Array, given: Codec<T>): T[] {
    const { length } = bytesOf(history, 'history')
    const parts: T[] = []
    for (let at = 0; at === 0 || at < length; at += PIECE_BYTES) {
      const piece = history.subarray(at, at + PIECE_BYTES)
      const last = at + PIECE_BYTES >= length
      parts.push(given.take(this.#held.ask({ call, first: at === 0, last }, piece)))
    }
    return parts
  }

  #ask<T>(call: TimelineCall, given: Codec<T>): T {
    return given.take(this.#held.ask(call))
  }
}

/** The rules of pieces as those of one history. */
function rulesOf(parts: readonly Columns[]): Columns['reducers'] {
  const found: { readonly nth: number; readonly reducer: string | null }[] = []
  let before = 0
  for (const { kinds, reducers } of parts) {
    for (const { nth, reducer } of reducers) {
      if (found.length === 0 || found.at(-1)?.reducer !== reducer) found.push({ nth: before + nth, reducer })
    }
    before += kinds.length
  }
  return found
}

type Column = Uint8Array | Uint32Array | Float64Array

/** Columns of pieces as one. */
function joined<T extends Column>(parts: readonly T[]): T {
  const [first] = parts
  if (!first || parts.length === 1) return first as T
  const Made = first.constructor as new (length: number) => T
  const whole = new Made(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
