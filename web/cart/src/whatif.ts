/** Questions about a cart's life, and what would have become of it. */

import type { CartEvent, CartState, Change, Command, Refusal } from './wire.js'

/** One thing that is different from what was recorded. Versions are recorded ones; `after` 0 is before the first event. */
export type WhatIfEdit =
  /** Nothing after this version happened. */
  | { readonly edit: 'fork'; readonly version: number }
  /** An event did not happen. */
  | { readonly edit: 'drop'; readonly version: number }
  /** Another event happened instead. */
  | { readonly edit: 'replace'; readonly version: number; readonly event: CartEvent }
  /** An event happened at another time. */
  | { readonly edit: 'move'; readonly version: number; readonly after: number }
  /** One more event happened. */
  | { readonly edit: 'insert'; readonly after: number; readonly event: CartEvent }
  /** Somebody asked for one thing more. Decided in both modes: a command is no fact. */
  | { readonly edit: 'issue'; readonly after: number; readonly command: Command }

/**
 * What the events behind the first edit are: facts that fold, or answers to commands that are decided again, at the prices
 * and by the rules that the history itself states.
 */
export type WhatIfMode = 'as_it_is' | 'decide_again'

/** What is asked. */
export interface WhatIfQuestion {
  readonly mode: WhatIfMode
  /** At most 64. */
  readonly edits: readonly WhatIfEdit[]
  /** What was left out of the history, for the file that comes of it. */
  readonly redactions?: readonly string[]
}

/**
 * What became of one event, or of one edit. `unjudged`: it stays a fact, as the rules do not bring it about as recorded
 * either. `already_so`: it would change nothing now, and did not happen. `moved_away`: it happened elsewhere.
 */
export type WhatIfFate =
  | {
      readonly fate: 'same' | 'unjudged' | 'changed' | 'already_so' | 'dropped' | 'inserted' | 'moved' | 'moved_away'
    }
  | ({ readonly fate: 'refused' } & Pick<Refusal, 'code' | 'details'>)

/** One step of both histories. */
export type WhatIfStep = WhatIfFate & {
  /** The recorded event that it is about. */
  readonly origin: number | null
  /** The edit that it is about, by its place in the list. */
  readonly edit: number | null
  /** Version of the recorded history after it. */
  readonly recorded: number
  /** Version of the alternative after it. */
  readonly alternative: number
}

/** A history that did not happen, beside the one that did. */
export interface WhatIfAlternative {
  readonly answer: 'alternative'
  /** So many events before the first edit are the same in both; they have no step. */
  readonly untouched: number
  /** Everything from the first edit on, in the order in which it did or did not happen. */
  readonly steps: readonly WhatIfStep[]
  /** The first step after which the two carts differ. */
  readonly divergence: number | null
  /** The end of the recorded history. */
  readonly recorded: CartState | null
  /** The end of the alternative. */
  readonly alternative: CartState | null
  /** `difference` is how much more the alternative comes to; null where the two are in different currencies. */
  readonly money: { readonly recorded: number; readonly alternative: number; readonly difference: number | null }
  /** What must be done to the one end to get the other. */
  readonly changes: readonly Change[]
  /** The alternative as the content of a `*.timeline.bin`, marked as hypothetical. `openTimeline` opens it. */
  readonly packed: Uint8Array
}

/** Why a question cannot be asked so. */
export type WhatIfImpossible = 'too_many_events' | 'too_many_edits' | 'no_such_version' | 'edited_twice' | 'behind_fork'

/** What comes of a question. */
export type WhatIfAnswer =
  | WhatIfAlternative
  | {
      readonly answer: 'impossible'
      readonly reason: WhatIfImpossible
      /** The edit that is wrong, by its place in the list. */
      readonly edit: number | null
      /** The version that it is about. */
      readonly version: number | null
    }
