/** `@tillroll/cart/inline`: the wasm is within, so that nothing has to be configured. A third larger. */

import { entry } from './entry.js'
import { WASM } from './inline-wasm.js'

const decoded = () => Uint8Array.from(atob(WASM), (character) => character.charCodeAt(0))

export * from './exports.js'
export const { openCart, createCart, openCartSync, init, initSync, isReady, openTimeline, packHistory } =
  /* @__PURE__ */ entry(() => import('./timeline.inline.js'), decoded, decoded)
