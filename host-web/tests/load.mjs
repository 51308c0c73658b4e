// How tests get the built wasm and the vectors under Node; in a browser web/tests/page/load.mjs takes this file's place.
// TILLROLL_WASM names the folder that `cargo xtask web` filled.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const folder = process.env.TILLROLL_WASM ?? fileURLToPath(new URL('../../web/cart/dist-wasm', import.meta.url))
const built = await import(pathToFileURL(join(folder, 'tillroll.js')).href)
built.sessions.install(readFileSync(join(folder, 'tillroll_bg.wasm')))
built.timelines.install(readFileSync(join(folder, 'tillroll_timeline_bg.wasm')))

export const { CartSession, CartTimeline } = built

/** The vectors of a folder of tests/vectors, each a name and what the file says, in the order of their names. */
export const vectors = (kind) => {
  const folder = new URL(`../../tests/vectors/${kind}/`, import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
  if (names.length === 0) throw new Error(`no vectors in ${folder}`)
  return names.map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8'))])
}
