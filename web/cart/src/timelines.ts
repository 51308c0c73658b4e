/** Opens timelines. Loaded with the first one: none of this is in what a page loads for a cart. */

import type { Timelines } from './entry.js'
import { asCartError } from './errors.js'
import { loader, type WasmSource } from './loader.js'
import type { Timeline } from './types.js'
import { CartTimeline, timelines as module } from './wasm/timeline.js'

const { load } = /* @__PURE__ */ loader((compiled) => {
  module.install(compiled)
  return CartTimeline
})

/** What opens timelines, with the wasm from there. */
export function timelines(source: () => WasmSource | Promise<WasmSource>): Timelines {
  return {
    async openTimeline(packed, wasm): Promise<Timeline> {
      const Opened = await load(wasm === undefined ? source : () => wasm)
      try {
        return new Opened(packed) as unknown as Timeline
      } catch (thrown) {
        throw asCartError(thrown, 'malformed', 'the bytes are no history of a cart')
      }
    },
  }
}
