// Written by `cargo xtask types` from host-web/src/types: do not change it by hand. What crosses between JavaScript and the
// wasm, of what only timelines need.
import { type Codec, object, real, tagged, text, type Value, value, whole } from './codec.js'

/** A call of a timeline. */
export type TimelineCall =
  | { readonly call: 'append' }
  | { readonly call: 'cart' }
  | { readonly call: 'length' }
  | { readonly call: 'at'; readonly version: number }
  | { readonly call: 'diff'; readonly from: number; readonly to: number }
  | { readonly call: 'life'; readonly pointer: string; readonly from: number; readonly to: number }
  | { readonly call: 'event'; readonly version: number }
  | { readonly call: 'kinds'; readonly after: number; readonly limit: number }
export const timelineCall: Codec<TimelineCall> = tagged('call', {
  append: object({}),
  cart: object({}),
  length: object({}),
  at: object({ version: real }),
  diff: object({ from: real, to: real }),
  life: object({ pointer: text, from: whole, to: whole }),
  event: object({ version: real }),
  kinds: object({ after: real, limit: real }),
})

/** One change in the life of a value. */
export interface Turn {
  /** The event that changed it. */
  readonly version: number
  readonly from: Value
  readonly to: Value
}
export const turn: Codec<Turn> = object({ version: whole, from: value, to: value })
