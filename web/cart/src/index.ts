/** `@tillroll/cart` in browsers and workers: the wasm is fetched from beside this file. */

import { type Entry, entry } from './entry.js'

export * from './exports.js'

const own = /* @__PURE__ */ entry(
  () => import('./timeline.js'),
  () => new URL('./tillroll_bg.wasm', import.meta.url),
)

// Each by itself, so that an editor shows what `Entry` says of it.
/** @function */
export const openCart: Entry['openCart'] = own.openCart
/** @function */
export const createCart: Entry['createCart'] = own.createCart
/** @function */
export const openCartSync: Entry['openCartSync'] = own.openCartSync
/** @function */
export const init: Entry['init'] = own.init
/** @function */
export const initSync: Entry['initSync'] = own.initSync
/** @function */
export const isReady: Entry['isReady'] = own.isReady
/** @function */
export const openTimeline: Entry['openTimeline'] = own.openTimeline
/** @function */
export const packHistory: Entry['packHistory'] = own.packHistory
