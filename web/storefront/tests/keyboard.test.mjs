// The shop without a mouse, for those who listen to it, and how much of it there is.
import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../tests/harness/index.mjs'
import { catalogue, TEA } from './catalogue.mjs'
import { BUILT, openShop, shot, startShop, violations } from './shop.mjs'

/** Everything that a browser loads before the shop can be used, by brotli; React is more than a third of it. */
const FIRST_LOAD_BYTES_MAX = 135_000
/** Most cards that are in the page at once, whatever there is to sell. */
const CARDS_MAX = 60

const shop = await startShop()

/** @param {import('playwright-core').Page} page */
const focused = (page) =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')

/**
 * Goes on with Tab until something of this name has the focus.
 *
 * @param {import('playwright-core').Page} page
 * @param {RegExp} name
 */
const tabTo = async (page, name) => {
  for (let steps = 0; steps < 100; steps += 1) {
    if (name.test(await focused(page))) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not come to ${name}`)
}

test('everything is done with the keyboard alone, and the focus is never lost', async (t) => {
  const { page, at } = await openShop(t, shop)
  await page.keyboard.press('/')
  await page.keyboard.type('green tea')
  await until('it is found', async () => (await page.locator('[data-nth]').count()) === 1)
  await page.keyboard.press('ArrowDown')
  assert.equal(await focused(page), 'Add green tea')
  await page.keyboard.press('Enter')
  assert.equal(await focused(page), 'One more: green tea')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.type('5')
  await page.keyboard.press('Enter')
  await page.keyboard.press('ArrowUp')
  assert.equal(await at.total.getAttribute('data-total'), String(6 * TEA.price.minor))

  await tabTo(page, /^Remove all/)
  await page.keyboard.press('Enter')
  assert.notEqual(await page.evaluate(() => document.activeElement === document.body), true)
  await tabTo(page, /^Undo$/)
  await page.keyboard.press('Enter')
  await until('it is back', async () => (await at.lines.count()) === 1)

  await at.code.focus()
  await page.keyboard.type('NOPE')
  await page.keyboard.press('Enter')
  await until('the refusal is told', async () => /no code/.test((await at.said.allTextContents()).join()))
  assert.equal(await at.code.getAttribute('aria-invalid'), 'true')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('WELCOME')
  await page.keyboard.press('Enter')
  await until('the total is told', async () => /Total €18\.85/.test((await at.said.allTextContents()).join()))
  await tabTo(page, /^Check out$/)
  await page.keyboard.press('Enter')
  await page.getByText('Confirmed by the till').waitFor()
  assert.equal(await focused(page), 'Thank you')
  await tabTo(page, /^Start a new cart$/)
  await page.keyboard.press('Enter')
  await page.getByText('Nothing in it yet').waitFor()
})

test('who types faster than the page can show gets the product that was asked for, and keeps the focus', async (t) => {
  const { page, profile } = await openShop(t, shop)
  const slowly = await profile.newCDPSession(page)
  await slowly.send('Emulation.setCPUThrottlingRate', { rate: 20 })
  await page.keyboard.press('/')
  await page.keyboard.insertText('g')
  await page.keyboard.insertText('reen tea')
  await page.keyboard.press('ArrowDown')
  await until('it is found', async () => (await page.locator('[data-nth]').count()) === 1)
  await until('it has the focus', async () => (await focused(page)) === 'Add green tea')
  await page.keyboard.press('Enter')
  await until('it is in', async () => (await focused(page)) === 'One more: green tea')
})

test('the price is asked about without a mouse, and the focus comes back', async (t) => {
  const { page, at } = await openShop(t, shop)
  await tabTo(page, /^Make the network bad$/)
  await page.keyboard.press('Enter')
  const yesterday = page.getByRole('switch', { name: 'Yesterday’s price list' })
  await yesterday.waitFor()
  while (!(await yesterday.evaluate((own) => own === document.activeElement))) await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await page.keyboard.press('Escape')
  assert.equal(await focused(page), 'Make the network bad')
  await at.search.focus()
  await page.keyboard.type('green tea')
  await until('it is found', async () => (await page.locator('[data-nth]').count()) === 1)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const asked = page.getByRole('dialog', { name: 'The price has changed' })
  await asked.waitFor()
  await tabTo(page, /^Add it at the new price$/)
  await page.keyboard.press('Enter')
  await asked.waitFor({ state: 'detached' })
  await until('it is in', async () => (await at.total.getAttribute('data-total')) === String(TEA.price.minor))
})

test('thousands of products are a few in the page, and the keyboard reaches each', async (t) => {
  const { page } = await openShop(t, shop)
  const count = catalogue().items.length
  const cards = page.locator('[data-nth]')
  assert.ok((await cards.count()) <= CARDS_MAX)
  await page.locator('[data-nth="0"] button').focus()
  await page.keyboard.press('End')
  await until('the last one has the focus', () =>
    page.evaluate(
      (last) => document.activeElement?.closest('[data-nth]')?.getAttribute('data-nth') === last,
      String(count - 1),
    ),
  )
  assert.equal(await page.locator(`[data-nth="${count - 1}"]`).getAttribute('aria-posinset'), String(count))
  assert.ok((await cards.count()) <= CARDS_MAX)
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Home')
  await until('the first one has it again', () =>
    page.evaluate(() => document.activeElement?.closest('[data-nth]')?.getAttribute('data-nth') === '0'),
  )
})

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [name, viewport] of Object.entries({
    wide: { width: 1440, height: 900 },
    narrow: { width: 360, height: 740 },
  })) {
    test(`axe finds nothing, ${name} and ${colorScheme}`, async (t) => {
      const { page, at } = await openShop(t, shop, { colorScheme, viewport, reducedMotion: 'reduce' })
      const look = async (/** @type {string} */ what) => {
        await shot(page, `shop-${what}-${name}-${colorScheme}`)
        assert.deepEqual(await violations(page), [], what)
      }
      const cart = async () => {
        if (name === 'narrow') await page.getByRole('button', { name: /^Cart/ }).click()
      }
      const shelves = async () => {
        if (name === 'narrow') await page.getByRole('button', { name: 'Close: Your cart' }).click()
      }
      await look('shelves')
      await at.search.fill('nothing of this name')
      await look('none')
      await at.search.fill('script')
      await at.product('script').getByRole('button', { name: 'Add' }).click()
      await at.search.fill('')
      for (const nth of [4, 5, 6])
        await page.locator(`[data-nth="${nth}"]`).getByRole('button', { name: 'Add' }).click()
      await cart()
      await page.getByRole('button', { name: 'WELCOME', exact: true }).click()
      await at.code.fill('NOPE')
      await at.code.press('Enter')
      await at.lines
        .nth(1)
        .getByRole('button', { name: /^Remove/ })
        .click()
      await look('cart')
      await shelves()
      await at.network.click()
      await page.getByRole('button', { name: 'Offline', exact: true }).click()
      await page.locator('[data-nth="7"]').getByRole('button', { name: 'Add' }).click()
      await look('network')
      await page.getByRole('button', { name: 'Close the network panel' }).click()
      await cart()
      await look('offline')
      await shelves()
      await at.network.click()
      await page.getByRole('button', { name: 'Good', exact: true }).click()
      await page.getByText('Yesterday’s price list').click()
      await page.getByRole('button', { name: 'Close the network panel' }).click()
      await at.search.fill('green tea')
      await page.locator('[data-nth="0"]').getByRole('button', { name: 'Add' }).click()
      await page.getByRole('dialog', { name: 'The price has changed' }).waitFor()
      await look('price')
      await page.keyboard.press('Escape')
      await cart()
      await at.attention.getByRole('button', { name: 'Edit' }).click()
      await look('attention')
      await at.attention.getByRole('button', { name: 'Cancel' }).click()
      await at.attention.getByRole('button', { name: 'Discard' }).click()
      await page.getByRole('button', { name: 'Check out' }).click()
      await page.getByText('Confirmed by the till').waitFor()
      await look('receipt')
    })
  }
}

test('the first load is small', async () => {
  const page = await readFile(join(BUILT, 'index.html'), 'utf8')
  const named = [...page.matchAll(/(?:src|href)="\/shop\/([^"]+)"/g)].map(([, name]) => String(name))
  assert.ok(named.some((name) => name.endsWith('.js')) && named.some((name) => name.endsWith('.css')), String(named))
  const wasm = (await readdir(join(BUILT, 'assets'))).filter((name) => /^tillroll_bg.*\.wasm$/.test(name))
  assert.equal(wasm.length, 1)
  const loaded = ['index.html', ...named, ...wasm.map((name) => `assets/${name}`)]
  const sizes = await Promise.all(loaded.map(async (name) => (await stat(join(BUILT, `${name}.br`))).size))
  const sum = sizes.reduce((all, size) => all + size, 0)
  console.log(`brotli: ${sum} bytes before the shop can be used`)
  assert.ok(
    sum <= FIRST_LOAD_BYTES_MAX,
    `${sum} bytes: ${loaded.map((name, nth) => `${name} ${sizes[nth]}`).join(', ')}`,
  )
})
