// The built wasm and its glue, and what all tests here make: events and ids. TILLROLL_WASM names the folder that
// `cargo xtask web` filled.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const folder = process.env.TILLROLL_WASM ?? fileURLToPath(new URL('../../web/cart/dist-wasm', import.meta.url))
const glue = await import(pathToFileURL(join(folder, 'tillroll.js')).href)
glue.initSync({ module: readFileSync(join(folder, 'tillroll_bg.wasm')) })

export const { CartSession, CartTimeline } = glue
export const CART = '00000000-0000-4000-8000-000000000001'
export const REDUCER = '0123456789abcdef'
/** Any moment. */
export const NOW = 1_700_000_000_000

/** The nth id. */
export const id = (nth) => `00000000-0000-4000-8000-${nth.toString(16).padStart(12, '0')}`

/** An event as the API writes it. */
export const event = (version, { name, data }, cart = CART) => ({
  specversion: '1.0',
  id: id(version),
  source: 'tillroll:test',
  type: `tillroll.cart.${name}`,
  subject: cart,
  datacontenttype: 'application/json',
  sequence: version,
  schemaversion: 1,
  data,
})

/** Named events as those of the versions behind `after`. */
export const events = (named, after = 0) => named.map((one, index) => event(after + 1 + index, one))

/** A session in which these events are confirmed. */
export const session = (named = []) => {
  const session = new CartSession(CART, REDUCER)
  session.confirm(events(named))
  return session
}

/** The vectors of a folder, with their names. */
export const vectors = (kind) => {
  const folder = new URL(`../../tests/vectors/${kind}/`, import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
  if (names.length === 0) throw new Error(`no vectors in ${folder}`)
  return names.map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8'))])
}
