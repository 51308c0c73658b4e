// The package in real tabs against the real system, while connections, tabs and the server go away and come back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, allAgree, BROKEN, dispatch, isReady, openCartPage, shown, shows, startShop } from './cart-page.mjs'
import { openContext, until } from './harness/index.mjs'

const COMMANDS = '**/carts/*/commands'

test('a cart is opened, filled and settled, and its total is the server’s', async (t) => {
  const shop = await startShop(t)
  const page = await openCartPage(t, shop.url)
  const ids = await dispatch(page, add('Tea', 2), add('Eggs'), { type: 'ApplyDiscount', data: { code: 'TEN' } })
  // 2 x 3.49 and a third of 10.00, less 10 %: shown before anything was answered.
  assert.deepEqual((await shown(page)).total, 698 + 333 - 103)
  await allAgree(shop, [page], ids)
  assert.equal((await shown(page)).storage, 'saved')
})

test('two tabs see each other’s changes, and another client’s', async (t) => {
  const shop = await startShop(t)
  const context = await openContext(t)
  const [one, two] = [await openCartPage(t, shop.url, { context }), await openCartPage(t, shop.url, { context })]
  const ids = await dispatch(one, add('Tea'))
  await shows(two, { lines: ['1 tea'], pending: 0 })
  ids.push(...(await dispatch(two, add('Bread', 3))))
  await shows(one, { lines: ['1 tea', '3 bread'], pending: 0, total: 349 + 750 })
  ids.push(...(await shop.does(add('Tea'))))
  await shows(one, { lines: ['2 tea', '3 bread'] })
  await allAgree(shop, [one, two], ids)
})

test('what is done offline is sent when the connection is back', async (t) => {
  const shop = await startShop(t)
  const context = await openContext(t)
  const page = await openCartPage(t, shop.url, { context, allow: BROKEN })
  const ids = await dispatch(page, add('Tea'))
  await shows(page, { pending: 0 })
  await context.setOffline(true)
  ids.push(...(await dispatch(page, add('Tea'), add('Bread'))))
  await shows(page, { lines: ['2 tea', '1 bread'], total: 948, pending: 2, connection: 'offline' })
  assert.equal((await shop.tillroll.events(shop.cart)).length, 2)
  await context.setOffline(false)
  await allAgree(shop, [page], ids)
})

test('a quantity that is typed in a tunnel is one command', async (t) => {
  const shop = await startShop(t)
  const context = await openContext(t)
  const page = await openCartPage(t, shop.url, { context, allow: BROKEN })
  const ids = await dispatch(page, add('Tea'))
  await shows(page, { pending: 0, connection: 'live' })
  await context.setOffline(true)
  await shows(page, { connection: 'offline' })
  for (const quantity of [2, 25, 250, 25]) {
    ids.splice(1, 1, ...(await dispatch(page, { type: 'ChangeQuantity', data: { sku: 'tea', quantity } })))
  }
  await shows(page, { lines: ['25 tea'], pending: 1 })
  await context.setOffline(false)
  await allAgree(shop, [page], ids)
})

test('a reload while a command is on its way loses and doubles nothing', async (t) => {
  for (const reached of [false, true]) {
    const shop = await startShop(t)
    const context = await openContext(t)
    const page = await openCartPage(t, shop.url, { context, allow: BROKEN })
    let held = 0
    await context.route(COMMANDS, async (route) => {
      // The server has it and the page does not know, or nobody has it.
      if (reached) await route.fetch()
      held += 1
    })
    const ids = await dispatch(page, add('Tea'))
    await until('the command is on its way', () => held > 0)
    await context.unrouteAll({ behavior: 'ignoreErrors' })
    await page.reload()
    await isReady(page)
    await shows(page, { lines: ['1 tea'] })
    await allAgree(shop, [page], ids)
  }
})

test('when the tab that sends is killed, another one sends what it left', async (t) => {
  const shop = await startShop(t)
  const context = await openContext(t)
  const first = await openCartPage(t, shop.url, { context, allow: BROKEN })
  await shows(first, { connection: 'live' })
  const second = await openCartPage(t, shop.url, { context, allow: BROKEN })
  await shows(second, { connection: 'follower' })
  let held = 0
  await first.route(COMMANDS, () => {
    held += 1
  })
  const ids = await dispatch(first, add('Tea'))
  await until('the command is on its way', () => held > 0)
  await shows(second, { lines: ['1 tea'], pending: 1 })
  ids.push(...(await dispatch(second, add('Bread'))))
  const crashed = new Promise((resolve) => first.once('crash', resolve))
  await Promise.all([crashed, first.goto('chrome://crash').catch(() => undefined)])
  await allAgree(shop, [second], ids)
})

test('the server is killed and comes back, and every command arrives once', async (t) => {
  const shop = await startShop(t)
  const page = await openCartPage(t, shop.url, { allow: BROKEN })
  const ids = await dispatch(page, add('Tea'))
  await shows(page, { pending: 0 })
  ids.push(...(await dispatch(page, add('Bread'), add('Bread'))))
  await shop.tillroll.kill()
  ids.push(...(await dispatch(page, add('Eggs', 3))))
  await until('a send has failed', async () => (await shown(page)).connection === 'waiting')
  assert.deepEqual((await shown(page)).lines, ['1 tea', '2 bread', '3 eggs'])
  await shop.tillroll.start()
  await allAgree(shop, [page], ids)
})

/** A number below 1 from a seed: the same again for the same seed. */
const dice = (/** @type {number} */ seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

test('answers that are lost, late, doubled or out of order change nothing in the end', async (t) => {
  for (const seed of [1, 2, 3]) {
    const shop = await startShop(t)
    const context = await openContext(t)
    const roll = dice(seed)
    /** @type {(() => void)[]} */
    const late = []
    await context.route(`**/carts/${shop.cart}/**`, async (route) => {
      const fate = roll()
      if (fate < 0.15) return route.abort()
      if (fate < 0.2) return route.fulfill({ status: 503, headers: { 'retry-after': '0' }, body: '' })
      // A stream never ends, so only what is no stream can be held back.
      if (route.request().method() === 'GET') return route.continue()
      if (fate < 0.4) await route.fetch()
      const response = await route.fetch()
      if (fate < 0.6) return route.abort()
      if (fate < 0.8) await new Promise((resolve) => late.push(() => resolve(undefined)))
      await route.fulfill({ response }).catch(() => undefined)
    })
    const one = await openCartPage(t, shop.url, { context, allow: BROKEN })
    const two = await openCartPage(t, shop.url, { context, allow: BROKEN })
    const ids = []
    for (let round = 0; round < 10; round += 1) {
      ids.push(...(await dispatch(roll() < 0.5 ? one : two, add('Tea'), add('Bread'))))
      // The newest first.
      if (roll() < 0.5) for (const release of late.splice(0).reverse()) release()
    }
    await shows(one, { lines: ['10 tea', '10 bread'], total: 5990 })
    await context.unrouteAll({ behavior: 'ignoreErrors' })
    for (const release of late.splice(0)) release()
    await allAgree(shop, [one, two], ids)
  }
})

test('what cannot be done any more is said with the server’s reason and holds up nothing behind it', async (t) => {
  const shop = await startShop(t)
  const context = await openContext(t)
  const page = await openCartPage(t, shop.url, { context, allow: BROKEN })
  const ids = await dispatch(page, add('Tea'))
  await shows(page, { pending: 0 })
  await context.setOffline(true)
  await dispatch(page, { type: 'ChangeQuantity', data: { sku: 'tea', quantity: 5 } })
  ids.push(...(await dispatch(page, add('Bread'))))
  ids.push(...(await shop.does({ type: 'RemoveItem', data: { sku: 'tea' } })))
  await context.setOffline(false)
  await shows(page, { lines: ['1 bread'], pending: 0, attention: ['line_not_found'] })
  await page.evaluate(() => cart.getSnapshot().attention.map(({ id }) => cart.discard(id)))
  await allAgree(shop, [page], ids)
})

test('a cart of a page’s own is opened with its first command, and found again by a page without a connection', async (t) => {
  const shop = await startShop(t)
  const context = await openContext(t)
  const url = shop.url.replace(shop.cart, crypto.randomUUID())
  const page = await openCartPage(t, `${url}&open`, { context, allow: BROKEN })
  await dispatch(page, add('Tea'))
  await shows(page, { lines: ['1 tea'], pending: 0, version: 2 })
  await context.route('**/carts/**', (route) => route.abort())
  // It writes what it has, as it does by itself a second after anything was confirmed.
  await page.evaluate(() => cart.close())
  await page.reload()
  await isReady(page)
  await shows(page, { lines: ['1 tea'], version: 2 })
})

test('a page that begins in a tunnel knows prices and rules', async (t) => {
  const shop = await startShop(t)
  const context = await openContext(t)
  const page = await openCartPage(t, shop.url, { context, allow: BROKEN })
  const ids = await dispatch(page, add('Tea'))
  await shows(page, { pending: 0 })
  await page.evaluate(() => cart.close())
  await context.route(/\/(carts|catalogue)/, (route) => route.abort())
  await page.reload()
  await isReady(page)
  ids.push(...(await dispatch(page, add('Bread'), { type: 'ApplyDiscount', data: { code: 'TEN' } })))
  await shows(page, { lines: ['1 tea', '1 bread'], total: 349 + 250 - 60, pending: 2 })
  const refused = await page.evaluate(() => cart.dispatch({ type: 'ApplyDiscount', data: { code: 'HALF' } }).refusal)
  assert.equal(refused?.code, 'discount_unknown')
  await context.unrouteAll({ behavior: 'ignoreErrors' })
  await allAgree(shop, [page], ids)
})

test('a cart that the server does not have is none', async (t) => {
  const shop = await startShop(t)
  const page = await openCartPage(t, shop.url.replace(shop.cart, crypto.randomUUID()), { allow: BROKEN })
  assert.equal(await page.evaluate(() => cart.getSnapshot().status), 'none')
})
