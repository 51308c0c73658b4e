/** What every entry exports. They differ only in where the wasm comes from. */

import type { Cart, CartOptions, Timeline } from './types.js'

/** Where the wasm comes from, if not from where the entry knows it. */
export type WasmSource = URL | string | Response | BufferSource | WebAssembly.Module

/** The functions of an entry. */
export interface Entry {
  /** A cart with everything loaded and what was stored back. Does not wait for the server. */
  openCart(options: CartOptions): Promise<Cart>
  /** A cart at once: it shows `initial` and queues commands until the wasm is there. */
  createCart(options: CartOptions): Cart
  /** A cart that can decide at once, where the wasm is there or can be had without waiting: tests, servers. */
  openCartSync(options: CartOptions, wasm?: BufferSource | WebAssembly.Module): Cart
  /** Loads the wasm; may be called again, and does nothing then. The others call it themselves. */
  init(wasm?: WasmSource | Promise<WasmSource>): Promise<void>
  /** Loads the wasm without waiting. */
  initSync(wasm?: BufferSource | WebAssembly.Module): void
  /** Whether the wasm is there. */
  isReady(): boolean
  /** Opens a packed history (`*.timeline.bin`, `Accept: application/vnd.tillroll.packed`). Needs `init`. */
  openTimeline(packed: Uint8Array): Timeline
}
