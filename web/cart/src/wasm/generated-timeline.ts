// Written by `cargo xtask types` from host-web/src/types: do not change it by hand. What crosses between JavaScript and the
// wasm, of what only timelines need.
import { bytes, type Codec, list, most, object, or, real, skipped, tagged, text, truth, type Value, value, whole } from './codec.js'
import { fact, moment, reals, wholes } from './codec-timeline.js'
import { happened } from './generated.js'

/** An event with all that was recorded, as the API writes it; what is the same for every event is added in TypeScript. */
export type Recording = {
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

/** A call of a timeline. */
export type TimelineCall =
  | { readonly call: 'append'; readonly first: boolean; readonly last: boolean }
  | { readonly call: 'columns'; readonly first: boolean; readonly last: boolean }
  | { readonly call: 'entry'; readonly version: number }
  | { readonly call: 'pack'; readonly cart: string; readonly after: number; readonly events: readonly Recording[] }
  | { readonly call: 'cart' }
  | { readonly call: 'length' }
  | { readonly call: 'at'; readonly version: number }
  | { readonly call: 'diff'; readonly from: number; readonly to: number }
  | { readonly call: 'life'; readonly pointer: string; readonly from: number; readonly to: number }
  | { readonly call: 'event'; readonly version: number }
  | { readonly call: 'kinds'; readonly after: number; readonly limit: number }
  | { readonly call: 'totals'; readonly after: number; readonly limit: number }
  | { readonly call: 'texts'; readonly after: number; readonly limit: number }
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
})

/** One change in the life of a value. */
export interface Turn {
  /** The event that changed it. */
  readonly version: number
  readonly from: Value
  readonly to: Value
}
export const turn: Codec<Turn> = object({ version: whole, from: value, to: value })

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
}
export const columns: Codec<Columns> = object({ kinds: bytes, recorded_ms: reals, happened_ms: reals, offsets: wholes })

/** What the events did: a place in each for every event, in their order. */
export interface Totals {
  /** What there was to pay after it. */
  readonly total_minor: Float64Array
  /** 1 where the cart was another one after it, 0 where it was as before. */
  readonly changed: Uint8Array
}
export const totals: Codec<Totals> = object({ total_minor: reals, changed: bytes })
