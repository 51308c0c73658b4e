/** The core as the wasm offers it: `CartSession` holds the rebase and every rule; nothing here decides anything. */

import type { Row } from './types.js'
import type {
  Arrival,
  Settlement as CoreSettlement,
  Snapshot as CoreSnapshot,
  Dispatched,
  Said,
} from './wasm/generated.js'
import type { CartState, Catalogue, Change, Command, NamedCommand, PastEvent } from './wire.js'

export type { Arrival, CoreSettlement, CoreSnapshot, Dispatched, Said }

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
