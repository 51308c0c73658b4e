/** What every entry exports. Entries differ only in where the wasm comes from. */

import { client } from './client.js'
import { expectLoaded, load, loaded, loadSync, type WasmSource } from './loader.js'
import type { Cart, CartOptions, Timeline } from './types.js'

/** A page that shows something already waits for the wasm for about half an hour. */
const LOADS_MAX = 100

/** The functions of an entry. */
export interface Entry {
  /** A cart with everything loaded and what was stored back. Does not wait for the server. */
  openCart(options: CartOptions): Promise<Cart>
  /** A cart at once: it shows `initial` and queues commands until the wasm is there. A load that fails is tried again. */
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
  /**
   * Opens a packed history (`*.timeline.bin`, `Accept: application/vnd.tillroll.packed`). The wasm and the code for that are
   * loaded with the first one, the wasm from `wasm` if it is given.
   */
  openTimeline(packed: Uint8Array, wasm?: WasmSource | Promise<WasmSource>): Promise<Timeline>
  /**
   * Packs events as the API writes them, all that was recorded included, so that they can be opened: those of a
   * `*.timeline.json`, say. They begin behind the version `after`; 100,000 of them at most.
   */
  packHistory(cart: string, events: readonly unknown[], after?: number): Promise<Uint8Array>
}

/** What opens timelines, which not every page does. */
export type Timelines = Pick<Entry, 'openTimeline' | 'packHistory'>

/** The functions, with the wasm from there. `atOnce`: where it can be had without waiting. */
export function entry(
  timelines: () => Promise<Timelines>,
  source: () => WasmSource | Promise<WasmSource>,
  atOnce: () => BufferSource | WebAssembly.Module = notAtOnce,
): Entry {
  const from = () => load(source)
  const openTimeline: Entry['openTimeline'] = async (packed, wasm) => (await timelines()).openTimeline(packed, wasm)
  return {
    openCart: async (options) => {
      const cart = client(options, from, loaded(), openTimeline)
      await cart.ready
      return cart
    },
    createCart: (options) => client(options, from, loaded(), openTimeline, LOADS_MAX),
    openCartSync: (options, wasm) => {
      const core = loaded() ?? loadSync(wasm ?? atOnce())
      return client({ storage: null, ...options }, async () => core, core, openTimeline)
    },
    init: async (wasm) => {
      await (wasm === undefined ? from() : load(() => wasm))
    },
    initSync: (wasm) => {
      if (!loaded()) loadSync(wasm ?? atOnce())
    },
    isReady: () => loaded() !== null,
    openTimeline,
    packHistory: async (...history) => (await timelines()).packHistory(...history),
  }
}

function notAtOnce(): never {
  return expectLoaded() as never
}
