// host-web/tests/load.mjs in a page: the wasm and the vectors come over HTTP.
// @ts-expect-error: what a build wrote
import init, * as glue from '/wasm/tillroll.js'

await init()
export const { CartSession, CartTimeline } = glue

/** @type {Record<string, [string, unknown][]>} */
const all = await (await fetch('/vectors.json')).json()

/** @param {string} kind */
export const vectors = (kind) => {
  const found = all[kind]
  if (!found) throw new Error(`no vectors of ${kind}`)
  return found
}
