/** What page and worker say to each other. */
import type {
  CartState,
  Change,
  RecordedEvent,
  WhatIfAlternative,
  WhatIfAnswer,
  WhatIfEdit,
  WhatIfQuestion,
  WhatIfStep,
} from '@tillroll/cart'
import type { Steps } from './steps'

/** One event as the list shows it. */
export interface Row {
  readonly version: number
  readonly kind: number
  readonly type: string
  readonly sentence: string
  readonly actor: string | null
  readonly total: number
  /** What it added to the total. */
  readonly change: number
  readonly currency: string | null
  readonly unchanged: boolean
}

export interface Turn {
  readonly version: number
  readonly from: unknown
  readonly to: unknown
}

/** The cart at a version, and what the event of that version changed. */
export interface Moment {
  /** Null before it was opened. */
  readonly cart: CartState | null
  readonly changes: readonly Change[]
}

/** What edits lead to when everything behind the first of them is decided again. */
export interface Decided {
  readonly cart: CartState | null
  readonly steps: readonly WhatIfStep[]
}

/** What comes of a what-if, as it crosses from the worker. */
export type Told =
  | (Omit<WhatIfAlternative, 'steps' | 'packed'> & { readonly steps: Steps; readonly packed: Uint8Array<ArrayBuffer> })
  | (WhatIfAnswer & { readonly answer: 'impossible' })

/** From which version on which rules wrote the events. */
export interface ReducerFrom {
  readonly version: number
  readonly reducer: string | null
}

/** What the worker can be asked, with what it answers. */
export interface Asks {
  moment: { readonly ask: { readonly version: number }; readonly answer: Moment }
  rows: {
    readonly ask: { readonly first: number; readonly last: number; readonly shown: boolean }
    readonly answer: readonly Row[]
  }
  entry: { readonly ask: { readonly version: number }; readonly answer: RecordedEvent }
  diff: { readonly ask: { readonly from: number; readonly to: number }; readonly answer: readonly Change[] }
  life: {
    readonly ask: { readonly pointer: string; readonly from: number; readonly to: number }
    readonly answer: readonly Turn[]
  }
  /** Versions that pass, in order; null when a newer filter came in between. */
  match: { readonly ask: { readonly filter: string }; readonly answer: Uint32Array | null }
  /** Versions of which another command, event or correlation is the same. */
  related: { readonly ask: { readonly version: number }; readonly answer: readonly number[] }
  /** Null where the history is too long to be asked so. */
  decided: { readonly ask: { readonly edits: readonly WhatIfEdit[] }; readonly answer: Decided | null }
  /** Of a history that is all here, or else once it is. */
  whatIf: { readonly ask: { readonly question: WhatIfQuestion }; readonly answer: Told }
}

export type AskName = keyof Asks
export type Ask = { [Name in AskName]: { readonly name: Name; readonly nth: number } & Asks[Name]['ask'] }[AskName]

/** Where a history comes from. */
export type Source =
  | { readonly from: 'server'; readonly cart: string; readonly origin: string }
  /** A packed history that begins with the cart's first event. */
  | { readonly from: 'bytes'; readonly bytes: Uint8Array }

export type ToWorker =
  | { readonly say: 'open'; readonly source: Source }
  | { readonly say: 'retry' }
  | { readonly say: 'ask'; readonly ask: Ask }

export type LiveState = 'off' | 'connecting' | 'live' | 'stale'

/** Why the history ends where it does. */
export interface Problem {
  /** `undecodable`: what follows cannot be read. `unreachable`: it could not be fetched. */
  readonly kind: 'missing' | 'forbidden' | 'unreachable' | 'undecodable' | 'failed'
  readonly message: string
}

export type FromWorker =
  | { readonly say: 'answer'; readonly nth: number; readonly value: unknown }
  /** `code` and `data` as the core's errors have them. */
  | {
      readonly say: 'failed'
      readonly nth: number
      readonly message: string
      readonly code?: unknown
      readonly data?: unknown
    }
  | {
      readonly say: 'grown'
      readonly cart: string
      readonly after: number
      readonly kinds: Uint8Array
      readonly times: Float64Array
      readonly reducers: readonly ReducerFrom[]
    }
  /** How many events the server has, where that is known, and the fingerprint of its state. */
  | { readonly say: 'expected'; readonly version: number; readonly hash: string }
  | { readonly say: 'whole' }
  | { readonly say: 'problem'; readonly problem: Problem }
  | { readonly say: 'live'; readonly state: LiveState }
