/** What every entry exports. Entries differ only in where the wasm comes from. */

import { Client } from './client.js'
import { asCartError } from './errors.js'
import { expectLoaded, load, loaded, loadSync, type WasmSource } from './loader.js'
import type { Cart, CartOptions, Timeline } from './types.js'

/** The functions of an entry. */
export interface Entry {
  /** A cart with everything loaded and what was stored back. Does not wait for the server. */
  openCart(options: CartOptions): Promise<Cart>
  /** A cart at once: it shows `initial` and queues commands until the wasm is there. */
  createCart(options: CartOptions): Cart
  /**
   * A cart that decides at once, where the wasm is there or can be had without waiting: tests, servers, `/inline`. It has
   * no storage unless one is given, and makes no token.
   */
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

/** The functions, with the wasm from there. `atOnce`: where it can be had without waiting. */
export function entry(
  source: () => WasmSource | Promise<WasmSource>,
  atOnce: () => BufferSource | WebAssembly.Module = notAtOnce,
): Entry {
  const from = () => load(source)
  return {
    openCart: async (options) => {
      const cart = new Client(options, from, loaded())
      await cart.ready
      return cart
    },
    createCart: (options) => new Client(options, from, loaded()),
    openCartSync: (options, wasm) => {
      const core = loaded() ?? loadSync(wasm ?? atOnce())
      return new Client({ storage: null, ...options }, async () => core, core)
    },
    init: async (wasm) => {
      await (wasm === undefined ? from() : load(() => wasm))
    },
    initSync: (wasm) => {
      if (!loaded()) loadSync(wasm ?? atOnce())
    },
    isReady: () => loaded() !== null,
    openTimeline: (packed) => {
      const core = expectLoaded()
      try {
        return core.timeline(packed)
      } catch (thrown) {
        throw asCartError(thrown, 'malformed', 'the bytes are no history of a cart')
      }
    },
  }
}

function notAtOnce(): never {
  return expectLoaded() as never
}
