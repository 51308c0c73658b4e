/**
 * What a page sees and gives. Members that the API's JSON has are named as there (`total_minor`); what exists here only is
 * in camel case (`confirmedVersion`).
 */

import type { Environment } from './environment.js'
import type { CartError } from './errors.js'
import type { Cause, Divergence, Subject } from './wasm/generated.js'
import type { WhatIfAnswer, WhatIfQuestion } from './whatif.js'
import type {
  CartEvent,
  CartState,
  Catalogue,
  Change,
  Command,
  CommandData,
  Discount,
  Line,
  NamedCommand,
  PastEvent,
  Refusal,
} from './wire.js'

export type { Cause, Divergence, Subject }

/** A line as it is shown: with everything pending done. */
export interface CartLine extends Line {
  /** Ids of the commands for it that are on their way; empty when it is as the server has it. */
  readonly pending: readonly string[]
  /** What the server refused for it, newest last, until it is tried again or discarded. */
  readonly refused: readonly AttentionItem[]
}

/** All amounts, by the server's own rules. */
export interface Totals {
  readonly currency: string | null
  /** Pieces of all lines together: what a badge shows. */
  readonly pieces: number
  readonly subtotal_minor: number
  readonly discount_minor: number
  readonly total_minor: number
  /** Something in it is not confirmed yet. */
  readonly estimated: boolean
}

/** A command on its way. */
export interface PendingCommand {
  readonly id: string
  readonly command: Command
  readonly subject: Subject
  /** Milliseconds since 1970. */
  readonly dispatchedAt: number
  /** `doubtful`: it was sent and nobody knows what became of it; it goes again with the same id. */
  readonly progress: 'waiting' | 'sending' | 'doubtful' | 'answered'
  /**
   * What it would be now. `changed`: other events than were meant. `refused`: nothing, as far as is known here; the server
   * still decides.
   */
  readonly standing: 'as_meant' | 'changed' | 'refused'
  /** Why it would be refused now. */
  readonly refusal: Refusal | null
  /** What made it so. */
  readonly cause: Cause | null
  /** The events it was meant to become. */
  readonly meant: readonly CartEvent[]
  /** The events it would become now; once it is answered, those it became. */
  readonly now: readonly CartEvent[]
}

/** A command that the server refused. It stays until it is tried again or discarded. */
export interface AttentionItem {
  readonly id: string
  readonly command: Command
  readonly subject: Subject
  /** Milliseconds since 1970. */
  readonly dispatchedAt: number
  readonly refusal: Refusal
  /** What made it one that is refused, where that was seen. */
  readonly cause: Cause | null
}

/** How it stands with the server. */
export interface Connection {
  /**
   * `loading`: the wasm is not there yet. `connecting`: nothing was heard yet. `live`: events arrive as they happen.
   * `waiting`: something failed and is tried again at `retryAt`. `offline`: the browser says so. `follower`: another tab
   * is connected for this one. `closed`: by `close()`.
   */
  readonly state: 'loading' | 'connecting' | 'live' | 'waiting' | 'offline' | 'follower' | 'closed'
  /** When it is tried again, in milliseconds since 1970. */
  readonly retryAt: number | null
  /** What failed last; null once something succeeded. */
  readonly error: CartError | null
}

/** All that can be seen at once. Frozen; the same object until something in it changes, and so are its parts. */
export interface Snapshot {
  readonly id: string
  /** `unknown`: nothing was heard of it yet. `none`: the server has no such cart for this caller. */
  readonly status: 'unknown' | 'none' | 'open' | 'closed'
  readonly lines: readonly CartLine[]
  readonly discounts: readonly Discount[]
  readonly totals: Totals
  readonly pending: readonly PendingCommand[]
  readonly attention: readonly AttentionItem[]
  /** Version of the newest event that the server has confirmed. */
  readonly confirmedVersion: number
  /** The newest version that the server was heard to be at. */
  readonly knownVersion: number
  /** The server has newer rules than this build: reload the page. Reading goes on; nothing is lost. */
  readonly updateNeeded: boolean
  readonly diverged: Divergence | null
  readonly connection: Connection
  /** `saved`: a reload keeps what is pending. `memory`: there is no storage. `failed`: it stopped working; see `storageError`. */
  readonly storage: 'saved' | 'memory' | 'failed'
  readonly storageError: CartError | null
}

/** What came of `dispatch` or `retry`, at once. */
export interface DispatchResult {
  /** The command's id: the same id never counts twice. */
  readonly id: string
  /**
   * `applied`: visible now. `noop`: already so. `again`: the id was taken before. `refused`: by the rules, see `refusal`.
   * `queued`: the wasm is not there yet, or nothing was heard of the cart yet; it is decided as soon as that is so. `queue_full`: connect, or discard what was
   * refused. `update_needed`: reload. `unknown`: there is no such command to try again.
   */
  readonly status: 'applied' | 'noop' | 'again' | 'refused' | 'queued' | 'queue_full' | 'update_needed' | 'unknown'
  readonly refusal: Refusal | null
  /** What became of it in the end. Never rejects. */
  readonly confirmed: Promise<Outcome>
}

/** How a command ended. */
export type Outcome =
  /** `changed`: it became something else than it was meant to be. */
  | { readonly outcome: 'confirmed'; readonly version: number; readonly changed: boolean }
  | { readonly outcome: 'noop'; readonly version: number | null }
  /** By the server, or here before it was sent. */
  | { readonly outcome: 'refused'; readonly refusal: Refusal }
  | { readonly outcome: 'discarded' }
  /** A newer command that was not sent yet either says the same anew. */
  | { readonly outcome: 'superseded'; readonly by: string }
  /** It ended before this page or in another tab, and how is not known here. */
  | { readonly outcome: 'elsewhere' }
  /** Not taken (`queue_full`, `update_needed`, `unknown`), or the cart was closed first: then a later page goes on with it. */
  | { readonly outcome: 'not_taken' | 'closed' }

/** A command that came to an end. */
export interface Settlement {
  /** Its place among all settlements of this page, from 1. */
  readonly nth: number
  readonly id: string
  readonly outcome: Outcome
}

/** What became of `undo`. */
export type UndoResult =
  | { readonly status: 'discarded' | 'not_undoable' | 'unknown' }
  | { readonly status: 'dispatched'; readonly result: DispatchResult }

/** A cart. `subscribe` and `getSnapshot` are what `useSyncExternalStore` takes; all methods are bound. */
export interface Cart {
  readonly id: string
  /**
   * Resolves when the rules are loaded and what was stored is back. Rejects with `wasm_failed`, or `malformed` for an id that
   * is none.
   */
  readonly ready: Promise<void>
  /** Calls whenever the snapshot may be another one; the answer ends it. */
  readonly subscribe: (listener: () => void) => () => void
  /** All that can be seen, frozen: the same object until something in it changes. */
  readonly getSnapshot: () => Snapshot
  /** What the server rendered: made of `initial` alone. */
  readonly getServerSnapshot: () => Snapshot
  /**
   * Takes a command: it is decided and visible at once, and sent. Throws a `CartError` for misuse only: `malformed` for what
   * is no command, with the place in `details`, `closed` after `close()`. What the rules forbid is `refused` in the result.
   * `id`, a UUID in lower case, makes a repeated call count once.
   *
   * @example
   * ```ts
   * const { status, refusal, confirmed } = cart.dispatch({ type: 'ChangeQuantity', data: { sku: 'tea', quantity: 3 } })
   * if (status === 'refused') show(refusal)
   * const { outcome } = await confirmed // never rejects
   * ```
   */
  readonly dispatch: (command: Command, options?: { readonly id?: string }) => DispatchResult
  /** Tries again what was refused; of what is pending, ends the wait before it is sent. */
  readonly retry: (id: string) => DispatchResult
  /** Gives up what was refused or never sent. `sent`: it may be done; dispatch the opposite, or `undo`. */
  readonly discard: (id: string) => 'discarded' | 'sent' | 'unknown'
  /** Discards a command that was not sent yet, or dispatches what undoes it. */
  readonly undo: (id: string) => UndoResult
  /** Told of every settlement from now on. */
  readonly onSettled: (listener: (settlement: Settlement) => void) => () => void
  /** The newest settlements (up to 1,000), also those that nobody listened to. */
  readonly settled: (afterNth?: number) => readonly Settlement[]
  /** The confirmed cart at a version: null before it was opened, undefined when it never came that far. */
  readonly at: (version: number) => CartState | null | undefined
  /** What to do to the cart at `from` to get the one at `to`; undefined when it never came that far. */
  readonly diff: (from: number, to: number) => readonly Change[] | undefined
  /** Confirmed events, by default all. */
  readonly history: (range?: { readonly from?: number; readonly to?: number }) => readonly PastEvent[]
  /** The confirmed history with any moment of it at hand; what is needed for that is loaded with the first one. Free it when done. */
  readonly timeline: () => Promise<Timeline>
  /** The confirmed history as the content of a `*.timeline.bin`. */
  readonly exportPacked: () => Uint8Array
  /**
   * The content of a `*.timeline.json`: the server's events with all that was recorded, and what this client knows of its
   * commands beside them. Without a connection it has the events that are known here, and says in `redactions` what is not.
   */
  readonly exportTimeline: () => Promise<string>
  /** Takes prices and discount rules; by default they come from the transport. */
  readonly setCatalogue: (catalogue: Catalogue | null) => void
  /** Tries again at once whatever waits. */
  readonly reconnect: () => void
  /** Writes what is not written, and lets go of everything. Pending commands stay in the storage. */
  readonly close: () => Promise<void>
}

/** Any moment of a packed history. */
export interface Timeline {
  readonly cart: string
  /** The newest version. */
  readonly length: number
  /** The cart at a version: null before it was opened, undefined when it never came that far. */
  at(version: number): CartState | null | undefined
  /** What to do to the cart at `from` to get the one at `to`; undefined when it never came that far. */
  diff(from: number, to: number): readonly Change[] | undefined
  /** How the value at a JSON Pointer changed by the events `from` to `to`. */
  life(pointer: string, from: number, to: number): readonly { version: number; from: unknown; to: unknown }[]
  /** What happened at a version; undefined when there is none. */
  event(version: number): PastEvent | undefined
  /**
   * What kind each event after a version is, at most `limit` of them and 2^20: 0 opened, 1 claimed, 2 added, 3 quantity
   * changed, 4 removed, 5 discount applied, 6 discount removed, 7 closed, 255 one that this build does not know.
   */
  kinds(after: number, limit: number): Uint8Array
  /** What each event after a version did, at most `limit` of them and 2^20. Every moment is looked at: about 1 µs each. */
  totals(after: number, limit: number): TimelineTotals
  /**
   * What each event after a version names, to be searched, at most `limit` of them and 2^16: an item its name and, on a
   * second line, another sku; a line its sku; a discount its code; an owner; of an event of a newer build the event's name.
   */
  texts(after: number, limit: number): readonly string[]
  /**
   * What can be said without folding of the events in a packed history, of this timeline or not: so that the bytes, which
   * have more than a timeline keeps, can stay where they are.
   */
  columns(history: Uint8Array): TimelineColumns
  /** One event with all that was recorded: of the packed history that `columns` gave this offset for. */
  entry(history: Uint8Array, offset: number, version: number): RecordedEvent
  /** Packed histories of which each goes on where the one before ends, as one, with this text beside its events. */
  join(histories: readonly Uint8Array[], beside?: string): Uint8Array
  /**
   * What would have become of the cart with a few edits. `history` is all of it, packed. Nothing is written: what comes of it
   * is a packed history of its own, which says that it is hypothetical.
   */
  whatIf(history: Uint8Array, question: WhatIfQuestion): WhatIfAnswer
  /** Goes on with a packed history that begins where this one ends. After an error it ends before what is damaged. */
  append(history: Uint8Array): void
  /** Gives the wasm's memory back; every further call fails. */
  free(): void
}

/** A place in each for every event of a packed history, in their order. */
export interface TimelineColumns {
  /** As `kinds` numbers them. */
  readonly kinds: Uint8Array
  /** When each was written, in milliseconds since 1970; NaN where that was not noted. */
  readonly recorded_ms: Float64Array
  /** When each happened; NaN where that was not noted. */
  readonly happened_ms: Float64Array
  /** Where each lies in the history, for `entry`. */
  readonly offsets: Uint32Array
  /** The rules that decided: the first event's, and where others follow, each by its place from 0; null for none noted. */
  readonly reducers: readonly { readonly nth: number; readonly reducer: string | null }[]
}

/** A place in each for every event, in their order. */
export interface TimelineTotals {
  /** What there was to pay after it. */
  readonly total_minor: Float64Array
  /** 1 where the cart was another one after it, 0 where it was as before. */
  readonly changed: Uint8Array
}

/** An event with all that was recorded, as the API writes it: a structured CloudEvent. */
export interface RecordedEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  /** The cart. */
  readonly subject: string
  /** When it happened. */
  readonly time?: string
  readonly datacontenttype: 'application/json'
  /** When it was written. */
  readonly recordedtime?: string
  /** The version. */
  readonly sequence: number
  readonly schemaversion: number
  readonly commandid?: string
  readonly commandhash?: string
  readonly correlationid?: string
  readonly causationid?: string
  readonly traceparent?: string
  readonly actor?: string
  /** The rules it was decided by. */
  readonly reducer?: string
  readonly data: unknown
}

/** What a cart is made of. */
export interface CartOptions {
  /** The cart's UUID in lower case. It is yours to keep: the same one after a reload goes on with what was pending. */
  readonly id: string
  /** The way to the server: `http()`, or one of your own. */
  readonly transport: Transport
  /** Who is there. Each principal has a queue of its own; another's is neither shown nor sent. */
  readonly principal?: string
  /**
   * The cart is this page's to open: when nothing is known of it, it is opened with this data before anything else. Leave
   * it out for a cart that exists.
   */
  readonly open?: CommandData['OpenCart'] | true
  /** The cart's token, if the page keeps it itself; otherwise the storage has it, or gets a new one with `open`. */
  readonly token?: string
  /** Where pending commands live; by default IndexedDB where there is one. `null`: in memory only. */
  readonly storage?: QueueStorage | null
  /** Prices and rules; by default the transport's. `null`: none. */
  readonly catalogue?: Catalogue | null
  /** A state that the server rendered (`GET /carts/{id}`): shown until more is known. */
  readonly initial?: CartState | null
  /** Most milliseconds that a request may take; 15,000 when absent. */
  readonly timeoutMs?: number
  /** Clock, chance, timers, locks and the like: for tests. */
  readonly environment?: Partial<Environment>
}

/** What a request goes with. */
export interface RequestContext {
  readonly cart: string
  /** The cart's token, where it has one. */
  readonly token: string | null
  readonly signal: AbortSignal
}

/** Commands that go as one request, in this order. */
export type Batch = readonly NamedCommand[]

/** What came of sending a batch. A transport answers; if it throws, the batch may have been done. */
export type SendResult =
  /** The reply's JSON, unread. */
  | { readonly result: 'answered'; readonly reply: unknown }
  /** It will work later. `maybeDone: false` only when the server surely did nothing. */
  | {
      readonly result: 'failed'
      readonly maybeDone: boolean
      readonly retryAfterMs?: number
      readonly error: CartError
    }
  /** Turned away whole and for good. */
  | { readonly result: 'rejected'; readonly code: string; readonly message: string; readonly details?: unknown }

/** Events, as a list of the API's JSON or packed. */
export type EventPage =
  | { readonly events: readonly unknown[]; readonly more: boolean }
  | { readonly packed: Uint8Array; readonly more: boolean }

/** The way to the server. Everything it hands on is unread: the core reads it strictly. */
export interface Transport {
  send(batch: Batch, context: RequestContext): Promise<SendResult>
  /**
   * Hands on events after a version as they happen, until the signal is aborted or the connection ends; then it is opened
   * again. Throws a `CartError` when it cannot. `opened` is called when it stands.
   */
  open(
    after: number,
    context: RequestContext,
    take: (events: readonly unknown[]) => void,
    opened: () => void,
  ): Promise<void>
  /** A page of the events after a version. `json`: not packed, with all that was recorded, for an export. */
  page(after: number, context: RequestContext, form?: 'json'): Promise<EventPage>
  /** Prices and rules, unless they are still the ones that `etag` names. Undefined: none are served. */
  catalogue?(etag: string | null, context: RequestContext): Promise<ServedCatalogue | 'same' | undefined>
}

/** Prices and rules as they were served. */
export interface ServedCatalogue {
  readonly catalogue: unknown
  readonly etag: string | null
}

/** A row of the queue: what is in it is the core's matter; it survives a structured clone. */
export interface Row {
  readonly id: string
}

/** What is written at once, or not at all. */
export interface Writing {
  readonly rows: readonly Row[]
  readonly removed: readonly string[]
  /** Kept where it is more than what is there. */
  readonly settledThrough: number
}

/** What is stored of a cart. */
export interface Stored {
  readonly rows: readonly Row[]
  readonly settledThrough: number
  /** Confirmed events, packed, for a start without a connection. */
  readonly history: Uint8Array | null
}

/** The storage of one cart of one principal, shared by all tabs. */
export interface CartStorage {
  read(): Promise<Stored>
  write(writing: Writing): Promise<void>
  writeHistory(history: Uint8Array): Promise<void>
  /** The cart's token; the given one is kept if there is none yet. */
  token(fresh: string): Promise<string>
  /**
   * Prices and rules as the principal was served them last, for a start without a connection; those that are given take
   * their place, null leaves none.
   */
  catalogue?(fresh?: ServedCatalogue | null): Promise<ServedCatalogue | null>
  close(): void
}

/** Where pending commands live. */
export interface QueueStorage {
  /** Whether other tabs see the same rows: then one of them sends for all. */
  readonly shared: boolean
  open(principal: string, cart: string): Promise<CartStorage>
}
