/** `@tillroll/cart` on edge runtimes, which compile no wasm while they run: it is imported as a module. */

import { entry } from './entry.js'
// @ts-expect-error: a compiled module, as workerd and edge-light hand it out.
import wasm from './tillroll_bg.wasm'

export * from './exports.js'
export const { openCart, createCart, openCartSync, init, initSync, isReady, openTimeline, packHistory } =
  /* @__PURE__ */ entry(
    () => import('./timeline.edge.js'),
    () => wasm as WebAssembly.Module,
    () => wasm as WebAssembly.Module,
  )
