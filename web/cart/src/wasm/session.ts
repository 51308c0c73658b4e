/** One cart as one client has it. What each call means, and what always holds, is in core/src/session/mod.rs. */

import { bytes, bytesOf, type Codec, list, Memory, nullable, real, share, text } from './codec.js'
import { diff } from './diff.js'
import {
  type Arrival,
  arrival,
  type Batch,
  batch,
  type Cart,
  type Catalogue,
  type CloudEvent,
  cart,
  type Discarded,
  type Dispatched,
  discarded,
  dispatched,
  type GivenCommand,
  type GivenRow,
  type PastEvent,
  pastEvent,
  type Refused,
  type Reply,
  type SessionCall,
  type Settlement,
  type Snapshot,
  sessionCall,
  settlement,
  snapshot,
  type Unsaved,
  unsaved,
} from './generated.js'
import type { Change } from './generated-timeline.js'
import { Held, Module } from './module.js'

const moment = nullable(cart)
const batches = nullable(batch)
const writings = nullable(unsaved)
const settlements = list(settlement)
const past = list(pastEvent)
const number = nullable(real)
const words = nullable(text)
const nothing: Codec<void> = { put: () => {}, take: () => {} }

/** Where sessions are made. */
export const sessions = /* @__PURE__ */ new Module()

/** Moments (`now`, `until`) are milliseconds since 1970. */
export class CartSession {
  readonly #held = new Held<SessionCall>(sessions, sessionCall)
  readonly #memory = new Memory()
  #shown: Snapshot | undefined

  /** A session of a cart of which nothing is known yet. `reducer` names this build's, as replies name the server's. */
  constructor(cart: string, reducer: string) {
    this.#ask({ call: 'begin', cart, reducer }, nothing)
  }

  /** Moves when something in the snapshot changed, and only then. */
  get revision(): number {
    return this.#held.revision
  }

  /** All that can be seen: frozen, the same object until something in it changed, and so are its parts. */
  snapshot(): Snapshot {
    if (this.#shown?.revision === this.revision) return this.#shown
    const given = this.#held.ask({ call: 'snapshot' }, undefined, this.#memory)
    this.#shown = share(this.#shown, snapshot.take(given))
    this.#memory.turn(given.bytes)
    return this.#shown
  }

  /** Takes a command, or says at once why not. */
  dispatch(command: GivenCommand, id: string, now: number): Dispatched {
    return this.#ask({ call: 'dispatch', command, id, now }, dispatched)
  }

  /** Tries a refused command again; `unknown` when there is no such command any more. */
  retry(id: string, now: number): Dispatched {
    return this.#ask({ call: 'retry', id, now }, dispatched)
  }

  /** Gives up a command that was refused or never sent. */
  discard(id: string): Discarded {
    return this.#ask({ call: 'discard', id }, discarded)
  }

  /**
   * The next batch, which is then on its way: exactly one of `answered`, `failed` and `rejected` must follow. Undefined
   * when there is nothing to send now.
   */
  nextToSend(now: number): Batch | undefined {
    return this.#ask({ call: 'nextToSend', now }, batches) ?? undefined
  }

  /** Takes the reply to a batch. One that cannot be read counts as failed before the error is thrown: its commands go again. */
  answered(attempt: number, reply: Reply): Arrival {
    try {
      return this.#ask({ call: 'answered', attempt, reply }, arrival)
    } catch (error) {
      this.failed(attempt, true)
      throw error
    }
  }

  /**
   * The attempt came to nothing. `maybeDone`: it may have been done all the same, as after a time-out, a broken
   * connection, an error of the server; false when the server said that it did nothing, or was never reached.
   */
  failed(attempt: number, maybeDone: boolean): void {
    this.#ask({ call: 'failed', attempt, maybe_done: maybeDone }, nothing)
  }

  /** The server turned the request away as a whole, for good, and said why. */
  rejected(attempt: number, said: Refused): void {
    try {
      this.#ask({ call: 'rejected', attempt, said }, nothing)
    } catch (error) {
      this.failed(attempt, false)
      throw error
    }
  }

  /** Sends nothing before this moment. */
  pause(until: number): void {
    this.#ask({ call: 'pause', until }, nothing)
  }

  /** Ends a pause. */
  resume(): void {
    this.#ask({ call: 'resume' }, nothing)
  }

  /** When the next batch may go, if there is a pause. */
  get pausedUntil(): number | undefined {
    return this.#ask({ call: 'pausedUntil' }, number) ?? undefined
  }

  /** Takes events as the API writes them, in any order and as often as they come. */
  confirm(events: readonly CloudEvent[]): Arrival {
    return this.#ask({ call: 'confirm', events }, arrival)
  }

  /** Takes a page of events in packed form. Bytes that are damaged change nothing. */
  confirmPacked(history: Uint8Array): Arrival {
    return arrival.take(this.#held.ask({ call: 'confirmPacked' }, bytesOf(history, 'history')))
  }

  /** Puts all events of the cart, as packed pages from the first one on, in the place of those that were confirmed. */
  rebuild(pages: readonly Uint8Array[]): Arrival {
    return this.#ask({ call: 'rebuild', pages }, arrival)
  }

  /** The version after which events are to be fetched, when the server is known to be further. */
  get missing(): number | undefined {
    return this.#ask({ call: 'missing' }, number) ?? undefined
  }

  /** Takes the shop's prices and discount rules, as the API serves them, or null for none. */
  setCatalogue(catalogue: Catalogue | null): void {
    this.#ask({ call: 'setCatalogue', catalogue }, nothing)
  }

  /** What is to be written, in one transaction; undefined when everything is. */
  unsaved(): Unsaved | undefined {
    return this.#ask({ call: 'unsaved' }, writings) ?? undefined
  }

  /** What `unsaved` gave with this ticket was written. */
  saved(ticket: number): void {
    this.#ask({ call: 'saved', ticket }, nothing)
  }

  /** Takes all rows of the storage, and the version that is kept beside them. When one cannot be read none is taken. */
  merge(rows: readonly GivenRow[], settledThrough: number): void {
    this.#ask({ call: 'merge', rows, settled_through: settledThrough }, nothing)
  }

  /** Settlements after the `nth`, oldest first. */
  settledAfter(nth: number): readonly Settlement[] {
    return this.#ask({ call: 'settledAfter', nth }, settlements)
  }

  /** The confirmed cart at a version: null before it was opened, undefined when it never came that far. */
  at(version: number): Cart | null | undefined {
    const given = this.#held.ask({ call: 'at', version })
    return given.byte() ? moment.take(given) : undefined
  }

  /** What must be done to the cart at `from` to get the one at `to`; undefined when it never came that far. */
  diff(from: number, to: number): readonly Change[] | undefined {
    const [before, after] = [this.at(from), this.at(to)]
    return before === undefined || after === undefined ? undefined : diff(before, after)
  }

  /** The confirmed events of the versions `from` to `to`. */
  events(from: number, to: number): readonly PastEvent[] {
    return this.#ask({ call: 'events', from, to }, past)
  }

  /** The confirmed events after a version as a packed history. */
  history(after: number): Uint8Array {
    return this.#ask({ call: 'history', after }, bytes)
  }

  /** Of a command that is pending or needs attention, as events name its content. */
  fingerprint(id: string): string | undefined {
    return this.#ask({ call: 'fingerprint', id }, words) ?? undefined
  }

  /** Gives it up at once; every further call fails. */
  free(): void {
    this.#held.free()
  }

  #ask<T>(call: SessionCall, given: Codec<T>): T {
    return given.take(this.#held.ask(call))
  }
}
