/** The core as the wasm offers it: `CartSession` holds the rebase and every rule; nothing here decides anything. */

import type { Cause, Divergence, Row, Subject } from './types.js'
import type { CartEvent, CartState, Catalogue, Change, Command, NamedCommand, PastEvent } from './wire.js'

/** What became of events that arrived. */
export interface Arrival {
  readonly applied: number
  readonly missing_after: number | null
}

/** What the server said of a command that it refused. */
export interface Said {
  readonly code: string
  readonly message: string
  /** JSON text. */
  readonly details: string
}

interface Kept {
  readonly id: string
  readonly request: Command
  readonly subject: Subject
  readonly dispatched_at_ms: number
}

/** A snapshot as the core makes it. */
export interface CoreSnapshot {
  readonly cart: CartState | null
  readonly lines: readonly { readonly pending: readonly string[]; readonly refused: readonly string[] }[]
  readonly pending: readonly (Kept & {
    readonly progress: 'waiting' | 'sending' | 'doubtful' | 'answered'
    readonly standing:
      | { readonly standing: 'as_meant' | 'changed' }
      | {
          readonly standing: 'refused'
          readonly code: string
          readonly details: unknown
          readonly cause: Cause | null
        }
    readonly meant: readonly CartEvent[]
    readonly now: readonly CartEvent[]
  })[]
  readonly attention: readonly (Kept & { readonly said: Said; readonly cause: Cause | null })[]
  readonly sync: {
    readonly confirmed_version: number
    readonly known_version: number
    readonly update_needed: boolean
    readonly diverged: Divergence | null
  }
  readonly revision: number
}

/** What came of a dispatch. */
export type Dispatched =
  | { readonly status: 'applied' | 'noop' | 'again' | 'update_needed' | 'unknown' }
  | { readonly status: 'refused'; readonly code: string; readonly details: unknown }
  | { readonly status: 'queue_full'; readonly max: number }

/** A command that came to an end. */
export interface CoreSettlement {
  readonly nth: number
  readonly id: string
  readonly outcome:
    | { readonly outcome: 'confirmed'; readonly version: number; readonly changed: boolean }
    | { readonly outcome: 'noop'; readonly version: number }
    | ({ readonly outcome: 'refused' } & Said)
    | { readonly outcome: 'discarded' | 'elsewhere' }
    | { readonly outcome: 'superseded'; readonly by: string }
}

/** One cart as one client has it; each call is explained in core/src/session. */
export interface CoreSession {
  readonly revision: number
  readonly pausedUntil: number | undefined
  readonly missing: number | undefined
  snapshot(): CoreSnapshot
  dispatch(command: Command, id: string, now: number): Dispatched
  retry(id: string, now: number): Dispatched
  discard(id: string): 'discarded' | 'sent' | 'unknown'
  nextToSend(
    now: number,
  ): { readonly attempt: number; readonly failures: number; readonly commands: NamedCommand[] } | undefined
  answered(attempt: number, reply: unknown): Arrival
  failed(attempt: number, maybeDone: boolean): void
  rejected(attempt: number, said: { code: string; message: string; details: unknown }): void
  pause(until: number): void
  resume(): void
  confirm(events: unknown): Arrival
  confirmPacked(history: Uint8Array): Arrival
  rebuild(pages: Uint8Array[]): Arrival
  setCatalogue(catalogue: Catalogue | null): void
  unsaved():
    | { readonly ticket: number; readonly rows: Row[]; readonly removed: string[]; readonly settled_through: number }
    | undefined
  saved(ticket: number): void
  merge(rows: readonly Row[], settledThrough: number): void
  settledAfter(nth: number): CoreSettlement[]
  at(version: number): CartState | null | undefined
  diff(from: number, to: number): Change[] | undefined
  events(from: number, to: number): readonly PastEvent[]
  history(after: number): Uint8Array
  /** Of a command that is pending, as events name it. */
  fingerprint(id: string): string | undefined
  free(): void
}

/** What the session's module offers. */
export interface Core {
  session(cart: string): CoreSession
}
