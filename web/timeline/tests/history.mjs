// Histories that no server has: as long, as odd and as broken as a test wants them, served the way the API serves events.
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openTimeline, packHistory } from '@tillroll/cart'
import { atEnd } from '../../tests/harness/ends.mjs'
import { startSite } from '../../tests/harness/site.mjs'

/** The page as it ships. */
export const BUILT = fileURLToPath(new URL('../dist', import.meta.url))
const PACKED = 'application/vnd.tillroll.packed'
const BEGUN = Date.parse('2026-03-02T09:14:00Z')
const STEP_MS = 1_000

/**
 * @typedef {object} Told what happened: an event's name and data, and whatever of its circumstances is not as usual
 * @property {string} type
 * @property {Record<string, unknown>} [data]
 * @property {string} [time]
 * @property {string} [actor]
 * @property {string} [source]
 * @property {string} [reducer]
 * @property {number} [schemaversion]
 */

/**
 * An event as the API writes it.
 *
 * @param {string} cart
 * @param {number} version
 * @param {Told} told
 */
const recorded = (cart, version, { type, data = {}, time, ...beside }) => ({
  specversion: '1.0',
  datacontenttype: 'application/json',
  id: uuid(`${cart} ${version}`),
  source: 'tillroll:api',
  type: `tillroll.cart.${type}`,
  subject: cart,
  sequence: version,
  time: time ?? new Date(BEGUN + version * STEP_MS).toISOString(),
  recordedtime: time ?? new Date(BEGUN + version * STEP_MS).toISOString(),
  schemaversion: 1,
  commandid: uuid(`command ${cart} ${version}`),
  commandhash: '0123456789abcdef',
  correlationid: uuid(`errand ${cart} ${version - (version % 3)}`),
  reducer: '73e4e42bd7f39517',
  ...beside,
  data: { shopping_cart_uuid: cart, ...data },
})

/** @param {string} name */
const uuid = (name) => {
  const digits = createHash('sha256').update(name).digest('hex')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`
}

/**
 * A long life of twenty items: put in, changed, taken out, with a code now and then.
 *
 * @param {number} version
 * @returns {Told}
 */
export const longLife = (version) => {
  if (version === 1) return { type: 'CartOpened', data: { currency: 'EUR' } }
  const nth = (version * 7) % 20
  const sku = `item-${nth}`
  const turn = Math.floor(version / 20) % 10
  if (version % 97 === 0)
    return { type: 'DiscountApplied', data: { code: 'TEN', rule: { kind: 'percent_off', basis_points: 1000 } } }
  if (version % 97 === 50) return { type: 'DiscountRemoved', data: { code: 'TEN' } }
  if (turn === 9 && version % 3 === 0) return { type: 'ItemRemoved', data: { sku } }
  if (turn % 2 === 1) return { type: 'ItemQuantityChanged', data: { sku, quantity: 1 + (version % 11) } }
  return {
    type: 'ItemAdded',
    data: { sku, item_name: `Item number ${nth}`, quantity: 1, price: { minor: 100 + nth * 35, per: 1 } },
  }
}

/**
 * @typedef {object} Served
 * @property {number} [length] how many events there are
 * @property {(version: number) => Told} told
 * @property {number} [pageEvents]
 * @property {object[]} [refusals]
 * @property {(after: number) => 'cut' | 'gone' | undefined} [broken] what is wrong with the page behind a version
 */

/**
 * A cart's history behind the built page, on loopback.
 *
 * @param {import('../../tests/harness/ends.mjs').Whose} whose
 * @param {Served} served
 */
export const serveHistory = async (
  whose,
  { told, length = 100, pageEvents = 1_000, refusals = [], broken = () => undefined },
) => {
  const cart = randomUUID()
  /** @type {Map<number, Uint8Array>} */
  const pages = new Map()
  const timeline = { hash: '' }
  /** @type {Awaited<ReturnType<typeof openTimeline>> | undefined} */
  let whole
  for (let after = 0; after < length; after += pageEvents) {
    const count = Math.min(pageEvents, length - after)
    const events = Array.from({ length: count }, (_, nth) => recorded(cart, after + nth + 1, told(after + nth + 1)))
    const page = await packHistory(cart, events, after)
    pages.set(after, page)
    if (whole) whole.append(page)
    else whole = await openTimeline(page)
  }
  const last = whole?.at(length)
  timeline.hash = last?.state_hash ?? ''
  whole?.free()

  const api = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api')
    const json = (/** @type {unknown} */ value, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (pathname === `/carts/${cart}`) return json({ version: length, state_hash: timeline.hash, status: 'closed' })
    if (pathname === `/carts/${cart}/refusals`) return json({ refusals, lost: 0 })
    if (pathname === `/carts/${cart}/disclosures`) return json({ cart_id: cart, operation: {} })
    if (pathname === '/operations') return json({ operations: [], cursor: null })
    if (pathname === '/version') return json({ version: '0.1.0', reducer: '73e4e42bd7f39517' })
    const page = pages.get(Number(searchParams.get('after')))
    if (pathname !== `/carts/${cart}/events` || !page) return json({ title: 'not here', code: 'not_found' }, 404)
    const wrong = broken(Number(searchParams.get('after')))
    if (wrong === 'gone') return json({ title: 'try again later', code: 'unavailable' }, 503)
    const more = Number(searchParams.get('after')) + pageEvents < length
    response.writeHead(200, { 'content-type': PACKED, ...(more ? { link: '<next>; rel="next"' } : {}) })
    return response.end(wrong === 'cut' ? page.subarray(0, page.length - 20) : page)
  })
  api.listen(0, '127.0.0.1')
  await once(api, 'listening')
  atEnd(whose, () => {
    api.closeAllConnections()
    api.close()
  })
  const address = api.address()
  if (address === null || typeof address === 'string') throw new Error('the history has no port')
  const page = await readFile(join(BUILT, 'index.html'), 'utf8')
  const site = await startSite(whose, {
    folders: { '/timeline/': BUILT },
    pages: { [`/timeline/cart/${cart}`]: page, [`/timeline/whatif/${cart}`]: page },
    api: () => `http://127.0.0.1:${address.port}`,
  })
  return { url: site.url, cart, bytes: [...pages.values()].reduce((sum, { length: bytes }) => sum + bytes, 0) }
}
