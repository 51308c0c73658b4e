// What the shop says of itself: rare, never in the way of the cart, and always true.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openContext, until } from '../../tests/harness/index.mjs'
import { openShop, shot, startShop, violations } from './shop.mjs'

const shop = await startShop()
const COMMANDS = '**/carts/*/commands'

/**
 * Changes what the server replies to commands.
 *
 * @param {import('playwright-core').Page} page
 * @param {object} changed
 */
const reply = (page, changed) =>
  page.route(COMMANDS, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), ...changed } })
  })

/** @param {import('playwright-core').Page} page */
const add = (page, nth = 3) => page.locator(`[data-nth="${nth}"]`).getByRole('button', { name: 'Add' }).click()

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`a till with newer rules asks for a reload, and the shop sells on, ${colorScheme}`, async (t) => {
    const { page, at } = await openShop(t, shop, { colorScheme })
    await reply(page, { reducer: 'ffffffffffffffff' })
    await add(page)
    await page.getByText('The till has newer rules than this page').waitFor()
    await add(page, 4)
    await until('everything is saved', async () => (await at.connection.textContent()) === 'Saved')
    assert.equal(await at.lines.count(), 2)
    await shot(page, `notice-update-${colorScheme}`)
    assert.deepEqual(await violations(page), [])
    await page.unrouteAll({ behavior: 'wait' })
    await page.getByRole('button', { name: 'Reload' }).click()
    await until('the cart is back', async () => (await at.lines.count()) === 2)
    assert.equal(await page.getByText('The till has newer rules').count(), 0)
  })
}

test('a browser that keeps nothing says so, and the shop sells on', async (t) => {
  const { page } = await openShop(t, shop)
  assert.equal(await page.getByText('This browser does not keep').count(), 0)
  for (const [kind, breaks] of /** @type {const} */ ([
    ['no storage', () => Object.defineProperty(window, 'indexedDB', { value: undefined })],
    [
      'a storage that does not open',
      () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException('a private window', 'InvalidStateError')
        }
      },
    ],
  ])) {
    await t.test(kind, async (t) => {
      const context = await openContext(t, { locale: 'en-US', viewport: { width: 1440, height: 900 } })
      await context.addInitScript(breaks)
      const { page, at } = await openShop(t, shop, { context })
      await page.getByText('This browser does not keep what is not sent yet').waitFor()
      await add(page)
      await until('it is saved', async () => (await at.connection.textContent()) === 'Saved')
      await shot(page, 'notice-storage')
    })
  }
})

test('a page that makes another cart of the same events than the till says so, after it has looked twice', async (t) => {
  const { page, at } = await openShop(t, shop)
  await add(page)
  await until('it is saved', async () => (await at.connection.textContent()) === 'Saved')
  let fetched = 0
  page.on('request', (request) => {
    if (/\/events\?after=0/.test(request.url())) fetched += 1
  })
  await reply(page, { state_hash: '0000000000000000' })
  await add(page, 4)
  await page.getByText('This page and the till do not agree on the cart').waitFor()
  assert.equal(fetched, 1, 'all events were fetched anew, once')
  assert.equal(await at.lines.count(), 2)
  await shot(page, 'notice-diverged')
})

test('a wasm that does not arrive is fetched again, and what was done meanwhile counts', async (t) => {
  const { page: other, profile } = await openShop(t, shop)
  await other.close()
  let missed = 0
  await profile.route('**/*.wasm', (route) => {
    missed += 1
    return missed <= 2 ? route.abort() : route.continue()
  })
  const { page, at } = await openShop(t, shop, { context: profile, allow: [/net::ERR_FAILED/] })
  await add(page)
  await until('it is saved', async () => (await at.connection.textContent()) === 'Saved')
  assert.deepEqual([missed, await at.lines.count()], [3, 1])
})
