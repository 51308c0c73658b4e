/** Timelines on edge runtimes, which compile no wasm while they run: it is imported as a module. */

// @ts-expect-error: a compiled module, as workerd and edge-light hand it out.
import wasm from './tillroll_timeline_bg.wasm'
import { timelines } from './timelines.js'

export const { openTimeline, packHistory } = /* @__PURE__ */ timelines(() => wasm as WebAssembly.Module)
