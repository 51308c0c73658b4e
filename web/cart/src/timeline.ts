/** Timelines in browsers and workers: their wasm is fetched from beside this file. */

import { timelines } from './timelines.js'

export const { openTimeline, packHistory } = /* @__PURE__ */ timelines(
  () => new URL('./tillroll_timeline_bg.wasm', import.meta.url),
)
