// What the end to end tests do with a cart in a page, and what must hold in the end whatever was broken before.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openPage, startSite, startTillroll, until } from './harness/index.mjs'

/** @param {string} path */
export const inProject = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Where the package's `.` is for a browser, from the root of the package. */
const entry = () => {
  const { exports } = JSON.parse(readFileSync(inProject('web/cart/package.json'), 'utf8'))
  return exports['.'].default
}

const PAGE = `<!doctype html>
<html lang="en"><head><title>loading</title><script type="module" src="/page/cart.mjs"></script></head><body></body></html>`

/** What a broken connection logs by itself. */
export const BROKEN = [/Failed to load resource/, /net::ERR_/]

/**
 * A system with a catalogue, a site with the package before it, and a new cart that belongs to nobody.
 *
 * @param {import('node:test').TestContext} t
 */
export const startShop = async (t) => {
  const tillroll = await startTillroll(t, { catalogue: inProject('web/tests/catalogue.json') })
  const site = await startSite(t, {
    folders: { '/cart/': inProject('web/cart'), '/page/': inProject('web/tests/page') },
    pages: { '/': PAGE },
    imports: { '/': { '@tillroll/cart': new URL(entry(), 'http://x/cart/').pathname } },
    api: () => tillroll.url,
  })
  const { cart_id } = await tillroll.ask('/carts', { command_id: randomUUID() })
  /** @param {import('@tillroll/cart').Command[]} commands what another client does, one that has no part in this */
  const does = async (...commands) => {
    const named = commands.map((command) => ({ command_id: randomUUID(), ...command }))
    const { results } = await tillroll.ask(`/carts/${cart_id}/commands`, { commands: named })
    assert.deepEqual(
      results.map((/** @type {{ status: string }} */ { status }) => status),
      named.map(() => 'accepted'),
    )
    return named.map(({ command_id }) => command_id)
  }
  return { tillroll, cart: /** @type {string} */ (cart_id), url: `${site.url}/?cart=${cart_id}`, does }
}

/**
 * Opens the cart in a tab and waits until it is there.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {Parameters<typeof openPage>[2]} [options]
 */
export const openCartPage = async (t, url, options) => {
  const page = await openPage(t, url, options)
  await isReady(page)
  return page
}

/** @param {import('playwright-core').Page} page */
export const isReady = (page) => until('the cart is opened', async () => (await page.title()) === 'ready')

/**
 * @param {import('playwright-core').Page} page
 * @param {import('@tillroll/cart').Command[]} commands
 * @returns {Promise<string[]>} their ids
 */
export const dispatch = async (page, ...commands) => {
  const results = await page.evaluate(
    (commands) => commands.map((command) => cart.dispatch(command)).map(({ id, status }) => ({ id, status })),
    commands,
  )
  assert.deepEqual(
    results.map(({ status }) => status),
    commands.map(() => 'applied'),
  )
  return results.map(({ id }) => id)
}

/**
 * @param {'Tea' | 'Bread' | 'Eggs'} item_name
 * @param {number} [quantity]
 * @returns {import('@tillroll/cart').Command}
 */
export const add = (item_name, quantity = 1) => ({
  type: 'AddItem',
  data: { item_name, sku: item_name.toLowerCase(), quantity },
})

/**
 * What a tab shows.
 *
 * @param {import('playwright-core').Page} page
 */
export const shown = (page) =>
  page.evaluate(() => {
    const { lines, totals, pending, attention, confirmedVersion, connection, storage } = cart.getSnapshot()
    return {
      lines: lines.map(({ sku, quantity }) => `${quantity} ${sku}`),
      total: totals.total_minor,
      pending: pending.length,
      attention: attention.map(({ refusal }) => refusal.code),
      version: confirmedVersion,
      connection: connection.state,
      storage,
    }
  })

/**
 * Waits until a tab shows this.
 *
 * @param {import('playwright-core').Page} page
 * @param {Partial<Awaited<ReturnType<typeof shown>>>} expected
 */
export const shows = async (page, expected) => {
  /** @type {unknown} */
  let last
  try {
    await until('a tab shows it', async () => {
      const now = await shown(page)
      last = Object.fromEntries(Object.entries(now).filter(([name]) => name in expected))
      return JSON.stringify(sorted(last)) === JSON.stringify(sorted(expected))
    })
  } catch {
    assert.deepEqual(last, expected)
  }
}

/** @param {unknown} members */
const sorted = (members) => Object.entries(Object(members)).sort(([one], [other]) => one.localeCompare(other))

/**
 * In the end nothing is pending anywhere, each command is in the history exactly once, and every tab shows the
 * server's own lines and total.
 *
 * @param {{ tillroll: Awaited<ReturnType<typeof startTillroll>>, cart: string }} shop
 * @param {import('playwright-core').Page[]} pages
 * @param {string[]} ids
 */
export const allAgree = async ({ tillroll, cart }, pages, ids) => {
  for (const page of pages) await shows(page, { pending: 0 })
  const state = await tillroll.ask(`/carts/${cart}`)
  const expected = {
    lines: state.lines.map((/** @type {{ sku: string, quantity: number }} */ line) => `${line.quantity} ${line.sku}`),
    total: state.total_minor,
    version: state.version,
    attention: [],
  }
  for (const page of pages) await shows(page, expected)
  const [, ...events] = await tillroll.events(cart)
  assert.deepEqual(events.map(({ commandid }) => commandid).sort(), [...ids].sort())
  assert.equal(events.length + 1, state.version)
}
