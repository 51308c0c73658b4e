// host-web/tests/load.mjs in a page: the wasm and the vectors come over HTTP.
// @ts-expect-error: what a build wrote
import * as built from '/wasm/tillroll.js'

built.sessions.install(await WebAssembly.compileStreaming(fetch('/wasm/tillroll_bg.wasm')))
built.timelines.install(await WebAssembly.compileStreaming(fetch('/wasm/tillroll_timeline_bg.wasm')))
export const { CartSession, CartTimeline } = built

/** @type {Record<string, [string, unknown][]>} */
const all = await (await fetch('/vectors.json')).json()

/** @param {string} kind */
export const vectors = (kind) => {
  const found = all[kind]
  if (!found) throw new Error(`no vectors of ${kind}`)
  return found
}
