/** What every entry exports. Entries differ only in where the wasm comes from. */

import { client } from './client.js'
import { expectLoaded, load, loaded, loadSync, type WasmSource } from './loader.js'
import type { Cart, CartOptions, Timeline } from './types.js'

/** A page that shows something already waits for the wasm for about half an hour. */
const LOADS_MAX = 100

/** The functions of an entry. */
export interface Entry {
  /**
   * Opens a cart: resolves when the rules are loaded and what was stored is back. It does not wait for the server, so it
   * works without a connection too; `getSnapshot().connection` says how that stands.
   *
   * Rejects with a `CartError`: `wasm_failed` when the rules cannot be fetched or compiled, `malformed` when `id` is no UUID in
   * lower case or `open` says what a cart cannot be opened with. A storage that does not work is no error: see
   * `getSnapshot().storage`.
   *
   * @example
   * ```ts
   * const cart = await openCart({ id: crypto.randomUUID(), open: { currency: 'EUR' }, transport: http() })
   * cart.dispatch({ type: 'AddItem', data: { item_name: 'Oat milk', quantity: 2, price: { minor: 199 } } })
   * cart.getSnapshot().totals.total_minor // 398: cents
   * ```
   */
  openCart(options: CartOptions): Promise<Cart>

  /**
   * A cart at once, for a page that was rendered on a server, and for components: it shows `initial` and takes commands, which
   * are `queued` until the rules are there. A load that fails is tried again, up to 100 times in about half an hour;
   * `getSnapshot().connection` has the error and when that is. `cart.ready` resolves and rejects as `openCart` does.
   *
   * Throws `malformed` for what can be seen to be wrong when the rules are there already.
   *
   * @example
   * ```ts
   * const cart = createCart({ id, initial: await (await fetch(`/carts/${id}`)).json(), transport: http() })
   * cart.getSnapshot().lines // those of `initial`
   * cart.dispatch({ type: 'RemoveItem', data: { sku: 'tea' } }).status // queued
   * await cart.ready
   * ```
   */
  createCart(options: CartOptions): Cart

  /**
   * A cart that decides at once, where the rules are loaded or can be had without waiting: in Node, in tests, with `/inline`,
   * or with `wasm` given. It has no storage unless one is given, and makes no token.
   *
   * Throws `not_ready` where the wasm is not loaded and none is given, `wasm_failed` for wasm that is none, `malformed` as
   * `openCart`.
   *
   * @example
   * ```ts
   * const cart = openCartSync({ id: crypto.randomUUID(), open: true, transport: memoryServer() })
   * cart.dispatch({ type: 'AddItem', data: { item_name: 'Tea', price: { minor: 349 } } }).status // applied
   * ```
   */
  openCartSync(options: CartOptions, wasm?: BufferSource | WebAssembly.Module): Cart

  /**
   * Loads the wasm, from beside the package's files or from where `wasm` says. The functions that open carts call it
   * themselves: call it to load early, or from elsewhere. Called again it does nothing; after a failure (`wasm_failed`) it
   * tries again.
   *
   * @example
   * ```ts
   * await init('/assets/tillroll_bg.wasm') // a URL, a Response, bytes, or a compiled module
   * ```
   */
  init(wasm?: WasmSource | Promise<WasmSource>): Promise<void>

  /**
   * Loads the wasm without waiting. Browsers allow that for small modules only on their main thread; in workers and in Node
   * it always works. Throws `not_ready` where there is nothing to load it from, `wasm_failed` for what is no wasm.
   *
   * @example
   * ```ts
   * initSync(bytes) // an ArrayBuffer, a view of one, or a WebAssembly.Module
   * ```
   */
  initSync(wasm?: BufferSource | WebAssembly.Module): void

  /**
   * Whether the wasm is loaded: then carts decide at once.
   *
   * @example
   * ```ts
   * const cart = isReady() ? openCartSync(options) : createCart(options)
   * ```
   */
  isReady(): boolean

  /**
   * Opens a packed history: the content of a `*.timeline.bin`, or what `GET /carts/{id}/events` answers to
   * `Accept: application/vnd.tillroll.packed`. Versions count from 1, amounts are whole minor units. `free()` gives the
   * memory back.
   *
   * The code and the wasm for it are loaded with the first one, the wasm from `wasm` if that is given. Rejects with
   * `wasm_failed`, or `malformed` for bytes that are damaged or no history, with the place in `details`.
   *
   * @example
   * ```ts
   * const timeline = await openTimeline(new Uint8Array(await file.arrayBuffer()))
   * timeline.at(timeline.length)?.total_minor
   * timeline.diff(1, timeline.length) // what changed, by JSON Pointer
   * timeline.free()
   * ```
   */
  openTimeline(packed: Uint8Array, wasm?: WasmSource | Promise<WasmSource>): Promise<Timeline>

  /**
   * Packs events as the API writes them (CloudEvents, those of a `*.timeline.json`, say), with all that was recorded, so that
   * `openTimeline` opens them and `Timeline.columns` and `entry` read them. They are of one cart, in the order of their
   * versions, and begin behind the version `after`, 0 unless given; 100,000 of them at most.
   *
   * Rejects with `malformed` where they do not follow each other, are another cart's, or are none; `details` says which.
   *
   * @example
   * ```ts
   * const { header, events } = JSON.parse(await file.text())
   * const timeline = await openTimeline(await packHistory(header.cart_id, events))
   * ```
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
      const core = loadSync(() => wasm ?? atOnce())
      return client({ storage: null, ...options }, async () => core, core, openTimeline)
    },
    init: async (wasm) => {
      await (wasm === undefined ? from() : load(() => wasm))
    },
    initSync: (wasm) => {
      loadSync(() => wasm ?? atOnce())
    },
    isReady: () => loaded() !== null,
    openTimeline,
    packHistory: async (...history) => (await timelines()).packHistory(...history),
  }
}

function notAtOnce(): never {
  return expectLoaded() as never
}
