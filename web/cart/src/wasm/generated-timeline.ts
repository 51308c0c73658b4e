// Written by `cargo xtask types` from host-web/src/types: do not change it by hand. What crosses between JavaScript and the
// wasm, of what only timelines need.
import { bytes, type Codec, integer, list, most, nullable, object, or, real, skipped, tagged, text, truth, type Value, value, whole, words } from './codec.js'
import { fact, moment, reals, wholes } from './codec-timeline.js'
import { type Cart, cart, command, type GivenCommand, type GivenHappened, happened, type Refusal, refusal } from './generated.js'

/** An event with all that was recorded, as the API writes it; what is the same for every event is added in TypeScript. */
export type Recording = {
  readonly id: string
  /** Where it comes from. */
  readonly source: string
  /** The cart. */
  readonly subject: string
  /** When it happened. */
  readonly time?: string
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
  /** Who acted. */
  readonly actor?: string
  /** The rules it was decided by. */
  readonly reducer?: string
} & { readonly type: string; readonly data: unknown }
/** What may be given for one. */
export type GivenRecording = {
  readonly id: string
  /** Where it comes from. */
  readonly source?: string
  /** The cart. */
  readonly subject: string
  /** When it happened. */
  readonly time?: string
  /** When it was written. */
  readonly recordedtime?: string
  /** The version. */
  readonly sequence: number
  readonly schemaversion?: number
  readonly commandid?: string
  readonly commandhash?: string
  readonly correlationid?: string
  readonly causationid?: string
  readonly traceparent?: string
  /** Who acted. */
  readonly actor?: string
  /** The rules it was decided by. */
  readonly reducer?: string
} & { readonly type: string; readonly data: unknown }
export const recording: Codec<Recording> = object({ id: text, source: or(text, 'tillroll:unstated'), '...': fact(happened), subject: text, time: skipped(moment), recordedtime: skipped(moment), sequence: whole, schemaversion: or(whole, 1), commandid: skipped(text), commandhash: skipped(text), correlationid: skipped(text), causationid: skipped(text), traceparent: skipped(text), actor: skipped(text), reducer: skipped(text) })

/** What the events behind the first edit are: facts that fold, or answers to commands that are decided again. */
export type WhatIfMode = 'as_it_is' | 'decide_again'
export const whatIfMode: Codec<WhatIfMode> = words(['as_it_is', 'decide_again'])

/** One thing that is different from what was recorded. Versions are recorded ones; `after` 0 is before the first event. */
export type WhatIfEdit =
  /** Nothing after this version happened. */
  | { readonly edit: 'fork'; readonly version: number }
  /** An event did not happen. */
  | { readonly edit: 'drop'; readonly version: number }
  /** Another event happened instead. */
  | { readonly edit: 'replace'; readonly version: number; readonly event: GivenHappened }
  /** An event happened at another time. */
  | { readonly edit: 'move'; readonly version: number; readonly after: number }
  /** One more event happened. */
  | { readonly edit: 'insert'; readonly after: number; readonly event: GivenHappened }
  /** Somebody asked for one thing more. Decided in both modes: a command is no fact. */
  | { readonly edit: 'issue'; readonly after: number; readonly command: GivenCommand }
export const whatIfEdit: Codec<WhatIfEdit> = tagged('edit', {
  fork: object({ version: whole }),
  drop: object({ version: whole }),
  replace: object({ version: whole, event: happened }),
  move: object({ version: whole, after: whole }),
  insert: object({ after: whole, event: happened }),
  issue: object({ after: whole, command: command }),
})

/** A call of a timeline. */
export type TimelineCall =
  | { readonly call: 'append'; readonly first: boolean; readonly last: boolean }
  | { readonly call: 'columns'; readonly first: boolean; readonly last: boolean }
  | { readonly call: 'entry'; readonly version: number }
  | { readonly call: 'pack'; readonly cart: string; readonly after: number; readonly events: readonly GivenRecording[] }
  | { readonly call: 'cart' }
  | { readonly call: 'length' }
  | { readonly call: 'at'; readonly version: number }
  | { readonly call: 'diff'; readonly from: number; readonly to: number }
  | { readonly call: 'life'; readonly pointer: string; readonly from: number; readonly to: number }
  | { readonly call: 'event'; readonly version: number }
  | { readonly call: 'kinds'; readonly after: number; readonly limit: number }
  | { readonly call: 'totals'; readonly after: number; readonly limit: number }
  | { readonly call: 'texts'; readonly after: number; readonly limit: number }
  | { readonly call: 'what_if'; readonly mode: WhatIfMode; readonly edits: readonly WhatIfEdit[]; readonly beside: string }
  | { readonly call: 'join'; readonly lengths: readonly number[]; readonly beside: string }
export const timelineCall: Codec<TimelineCall> = tagged('call', {
  append: object({ first: truth, last: truth }),
  columns: object({ first: truth, last: truth }),
  entry: object({ version: whole }),
  pack: object({ cart: text, after: whole, events: most(100_000, list(recording)) }),
  cart: object({}),
  length: object({}),
  at: object({ version: real }),
  diff: object({ from: real, to: real }),
  life: object({ pointer: text, from: whole, to: whole }),
  event: object({ version: real }),
  kinds: object({ after: real, limit: real }),
  totals: object({ after: real, limit: real }),
  texts: object({ after: real, limit: real }),
  what_if: object({ mode: whatIfMode, edits: list(whatIfEdit), beside: text }),
  join: object({ lengths: list(whole), beside: text }),
})

/** One difference between two moments. Made in their order, the changes lead from the one to the other. */
export interface Change {
  /** Where, as a JSON Pointer. */
  readonly path: string
  /** What was there; null for a member that came. */
  readonly from: Value
  /** What is there now; null for a member that went. */
  readonly to: Value
}
export const change: Codec<Change> = object({ path: text, from: value, to: value })

/** One change in the life of a value. */
export interface Turn {
  /** The event that changed it. */
  readonly version: number
  readonly from: Value
  readonly to: Value
}
export const turn: Codec<Turn> = object({ version: whole, from: value, to: value })

/** From an event on, these rules decided. */
export interface RulesFrom {
  /** Its place among the events, from 0. */
  readonly nth: number
  /** Null where it was not noted. */
  readonly reducer: string | null
}
export const rulesFrom: Codec<RulesFrom> = object({ nth: whole, reducer: nullable(text) })

/** What can be said of every event without folding: a place in each for every event, in their order. */
export interface Columns {
  /** Numbered as in the packed layout, 255 for one that this build does not know. */
  readonly kinds: Uint8Array
  /** When it was written, in milliseconds since 1970; NaN where that was not noted. */
  readonly recorded_ms: Float64Array
  /** When it happened; NaN where that was not noted. */
  readonly happened_ms: Float64Array
  /** Where its frame lies in the history. */
  readonly offsets: Uint32Array
  /** The rules that the events were decided by: the first event's, and where others follow. */
  readonly reducers: readonly RulesFrom[]
}
export const columns: Codec<Columns> = object({ kinds: bytes, recorded_ms: reals, happened_ms: reals, offsets: wholes, reducers: list(rulesFrom) })

/** What the events did: a place in each for every event, in their order. */
export interface Totals {
  /** What there was to pay after it. */
  readonly total_minor: Float64Array
  /** 1 where the cart was another one after it, 0 where it was as before. */
  readonly changed: Uint8Array
}
export const totals: Codec<Totals> = object({ total_minor: reals, changed: bytes })

/** What became of one event, or of one edit. */
export type WhatIfFate =
  /** It happened as recorded. */
  | { readonly fate: 'same' }
  /** It stays a fact: the rules do not bring it about as recorded either, or do not know it. */
  | { readonly fate: 'unjudged' }
  /** Another event happened in its place. */
  | { readonly fate: 'changed' }
  /** It would be refused now, for this reason, and did not happen. */
  | { readonly fate: 'refused' } & Refusal
  /** It would change nothing now, and did not happen. */
  | { readonly fate: 'already_so' }
  /** It was dropped, or lies behind the fork. */
  | { readonly fate: 'dropped' }
  /** It never happened, and does here. */
  | { readonly fate: 'inserted' }
  /** It happened here, from elsewhere. */
  | { readonly fate: 'moved' }
  /** It happened elsewhere: this is the place that it left. */
  | { readonly fate: 'moved_away' }
export const whatIfFate: Codec<WhatIfFate> = tagged('fate', {
  same: object({}),
  unjudged: object({}),
  changed: object({}),
  refused: refusal,
  already_so: object({}),
  dropped: object({}),
  inserted: object({}),
  moved: object({}),
  moved_away: object({}),
})

/** One step of both histories. */
export type WhatIfStep = {
  /** The recorded event that it is about. */
  readonly origin: number | null
  /** The edit that it is about, by its place in the list. */
  readonly edit: number | null
  /** Version of the recorded history after it. */
  readonly recorded: number
  /** Version of the alternative after it. */
  readonly alternative: number
} & WhatIfFate
export const whatIfStep: Codec<WhatIfStep> = object({ origin: nullable(whole), edit: nullable(whole), '...': whatIfFate, recorded: whole, alternative: whole })

/** What the two carts come to. */
export interface WhatIfMoney {
  readonly recorded: number
  readonly alternative: number
  /** How much more the alternative comes to; null when the two are in different currencies. */
  readonly difference: number | null
}
export const whatIfMoney: Codec<WhatIfMoney> = object({ recorded: whole, alternative: whole, difference: nullable(integer) })

/** A history that did not happen, beside the one that did. */
export interface WhatIfAlternative {
  /** So many events before the first edit are the same in both; they have no step. */
  readonly untouched: number
  /** Everything from the first edit on, in the order in which it did or did not happen. */
  readonly steps: readonly WhatIfStep[]
  /** The first step after which the two carts differ. */
  readonly divergence: number | null
  /** The end of the recorded history. */
  readonly recorded: Cart | null
  /** The end of the alternative. */
  readonly alternative: Cart | null
  readonly money: WhatIfMoney
  /** What must be done to the one end to get the other. */
  readonly changes: readonly Change[]
  /** The alternative, packed, with its mark. */
  readonly packed: Uint8Array
}
export const whatIfAlternative: Codec<WhatIfAlternative> = object({ untouched: whole, steps: list(whatIfStep), divergence: nullable(whole), recorded: nullable(cart), alternative: nullable(cart), money: whatIfMoney, changes: list(change), packed: bytes })

/** Why a question cannot be asked so. */
export type WhatIfImpossible = 'too_many_events' | 'too_many_edits' | 'no_such_version' | 'edited_twice' | 'behind_fork'
export const whatIfImpossible: Codec<WhatIfImpossible> = words(['too_many_events', 'too_many_edits', 'no_such_version', 'edited_twice', 'behind_fork'])

/** What comes of a question. */
export type WhatIfAnswer =
  | { readonly answer: 'alternative' } & WhatIfAlternative
  /** It cannot be asked so. */
  | {
      readonly answer: 'impossible'
      readonly reason: WhatIfImpossible
      /** The edit that is wrong, by its place in the list. */
      readonly edit: number | null
      /** The version that it is about. */
      readonly version: number | null
    }
export const whatIfAnswer: Codec<WhatIfAnswer> = tagged('answer', {
  alternative: whatIfAlternative,
  impossible: object({ reason: whatIfImpossible, edit: nullable(whole), version: nullable(whole) }),
})
