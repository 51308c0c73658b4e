// The built wasm, and what all tests of it make: events, ids and sessions. It runs in Node and in a browser; what differs
// there is in load.mjs.
import { CartSession, CartTimeline, vectors } from './load.mjs'

export { CartSession, CartTimeline, vectors }
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

/** The bytes that hexadecimal digits stand for. */
export const unhex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
