/** Timelines for `@tillroll/cart/inline`: their wasm is within. */

import { WASM } from './inline-timeline-wasm.js'
import { timelines } from './timelines.js'

export const { openTimeline, packHistory } = /* @__PURE__ */ timelines(() =>
  Uint8Array.from(atob(WASM), (character) => character.charCodeAt(0)),
)
