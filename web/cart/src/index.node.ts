/** `@tillroll/cart` in Node: the wasm is read from beside this file, without waiting. */

import { readFileSync } from 'node:fs'
import { entry } from './entry.js'

const read = () => readFileSync(new URL('./tillroll_bg.wasm', import.meta.url))

export * from './exports.js'
export const { openCart, createCart, openCartSync, init, initSync, isReady, openTimeline, packHistory } =
  /* @__PURE__ */ entry(() => import('./timeline.node.js'), read, read)
