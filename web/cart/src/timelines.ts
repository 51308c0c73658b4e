/** Opens timelines. Loaded with the first one: none of this is in what a page loads for a cart. */

import type { Timelines } from './entry.js'
import { asCartError } from './errors.js'
import { loader, type WasmSource } from './loader.js'
import type { RecordedEvent, Timeline, TimelineColumns } from './types.js'
import { CartTimeline, timelines as module } from './wasm/timeline.js'

const { load } = /* @__PURE__ */ loader((compiled) => {
  module.install(compiled)
  return { open: (history: Uint8Array) => read(() => new OpenTimeline(history)), pack: CartTimeline.pack }
})

/** A timeline whose errors are those of the package. */
class OpenTimeline extends CartTimeline {
  override append(history: Uint8Array): void {
    read(() => super.append(history))
  }

  override columns(history: Uint8Array): TimelineColumns {
    return read(() => super.columns(history))
  }

  override entry(history: Uint8Array, offset: number, version: number): RecordedEvent {
    return read(() => super.entry(history, offset, version)) as RecordedEvent
  }
}

function read<T>(call: () => T): T {
  try {
    return call()
  } catch (thrown) {
    throw asCartError(thrown, 'malformed', 'the bytes are no history of a cart')
  }
}

/** What opens timelines, with the wasm from there. */
export function timelines(source: () => WasmSource | Promise<WasmSource>): Timelines {
  return {
    openTimeline: async (packed, wasm) => {
      const { open } = await load(wasm === undefined ? source : () => wasm)
      return open(packed) as unknown as Timeline
    },
    packHistory: async (cart, events, after) => {
      const { pack } = await load(source)
      try {
        return pack(cart, events, after)
      } catch (thrown) {
        throw asCartError(thrown, 'malformed', 'these are no events of the cart that follow each other')
      }
    },
  }
}
