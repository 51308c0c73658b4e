/** All of one cart's history, any moment of it at once. */

import { bytes, bytesOf, type Codec, list, nullable, real, text } from './codec.js'
import { type Cart, type Change, cart, change, type PastEvent, pastEvent } from './generated.js'
import { type TimelineCall, type Turn, timelineCall, turn } from './generated-timeline.js'
import { Held, Module } from './module.js'

const moment = nullable(cart)
const changes = nullable(list(change))
const turns = list(turn)
const past = nullable(pastEvent)

/** Where timelines are made. */
export const timelines = /* @__PURE__ */ new Module()

export class CartTimeline {
  readonly #held = new Held<TimelineCall>(timelines, timelineCall)

  /** Reads a packed history that begins with the cart's first event. */
  constructor(history: Uint8Array) {
    this.append(history)
  }

  /** Goes on with a packed history that begins where this one ends. After an error it ends before what is damaged. */
  append(history: Uint8Array): void {
    this.#held.ask({ call: 'append' }, bytesOf(history, 'history'))
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

  /** Gives it up at once; every further call fails. */
  free(): void {
    this.#held.free()
  }

  #ask<T>(call: TimelineCall, given: Codec<T>): T {
    return given.take(this.#held.ask(call))
  }
}
