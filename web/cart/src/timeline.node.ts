/** Timelines in Node: their wasm is read from beside this file. */

import { readFile } from 'node:fs/promises'
import { timelines } from './timelines.js'

export const { openTimeline, packHistory } = /* @__PURE__ */ timelines(() =>
  readFile(new URL('./tillroll_timeline_bg.wasm', import.meta.url)),
)
