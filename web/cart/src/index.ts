/** `@tillroll/cart` in browsers and workers: the wasm is fetched from beside this file. */

import { entry } from './entry.js'

export * from './exports.js'
export const { openCart, createCart, openCartSync, init, initSync, isReady, openTimeline, packHistory } =
  /* @__PURE__ */ entry(
    () => import('./timeline.js'),
    () => new URL('./tillroll_bg.wasm', import.meta.url),
  )
