// The shop as somebody with a mouse uses it, against the whole system.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../tests/harness/index.mjs'
import { BANANAS, HOSTILE, TEA } from './catalogue.mjs'
import { cartOf, openShop, startShop } from './shop.mjs'

const shop = await startShop()

/**
 * Waits until the cart shows the server's own total and nothing is on its way.
 *
 * @param {Awaited<ReturnType<typeof openShop>>} opened
 */
const agreed = async ({ page, at }) => {
  await until('everything is saved', async () => (await at.connection.textContent()) === 'Saved')
  const { total_minor } = await shop.tillroll.ask(`/carts/${await cartOf(page)}`)
  assert.equal(Number(await at.total.getAttribute('data-total')), total_minor)
  return total_minor
}

/**
 * The same system with other prices.
 *
 * @param {Parameters<typeof shop.prices.write>[0]} [changed]
 */
const restartWith = async (changed) => {
  await shop.tillroll.kill()
  await shop.prices.write(changed)
  await shop.tillroll.start()
}

test('a shopper searches, adds and edits, and every total is the till’s', async (t) => {
  const opened = await openShop(t, shop)
  const { page, at } = opened
  await at.search.fill('BAN')
  await until('the hits are told', async () =>
    (await page.getByRole('status').allTextContents()).includes('1 product for “BAN”'),
  )
  await at.product(BANANAS.sku).getByRole('button', { name: 'Add bananas' }).click()
  for (let more = 1; more <= 2; more += 1)
    await at.product(BANANAS.sku).getByRole('button', { name: 'One more' }).click()
  assert.equal(await at.total.getAttribute('data-total'), '200', 'three cost 2.00, before anybody was asked')
  assert.equal(await agreed(opened), 200)

  const quantity = at.line(BANANAS.sku).getByRole('textbox')
  await quantity.fill('7')
  await quantity.press('Enter')
  assert.equal(await agreed(opened), 467)
  await quantity.fill('0')
  await quantity.press('Enter')
  assert.match(String(await at.line(BANANAS.sku).textContent()), /whole number from 1 to 1,000,000/)
  await until('the refusal is told', async () => /whole number/.test((await at.said.allTextContents()).join()))
  await quantity.fill('seven')
  await quantity.press('Enter')
  assert.equal(await quantity.inputValue(), '7')

  await at.line(BANANAS.sku).getByRole('button', { name: 'Remove all' }).click()
  assert.equal(await at.lines.count(), 0)
  await page.getByRole('button', { name: 'Undo' }).click()
  assert.equal(await agreed(opened), 467)
})

test('a code is accepted or refused at once, in words', async (t) => {
  const opened = await openShop(t, shop)
  const { page, at } = opened
  await at.search.fill('green tea')
  await at.product(TEA.sku).getByRole('button', { name: 'Add' }).click()
  await at.code.fill('NOPE')
  await at.code.press('Enter')
  assert.equal(await page.locator('[data-refusal]').textContent(), 'There is no code “NOPE”.')
  await at.code.fill('FIVE')
  await at.code.press('Enter')
  assert.equal(await page.locator('[data-refusal]').textContent(), '“FIVE” needs a subtotal of €20.00; yours is €3.49.')
  await at.code.fill('WELCOME')
  await at.code.press('Enter')
  assert.equal(await page.locator('[data-refusal]').count(), 0)
  assert.equal(await at.total.getAttribute('data-total'), '314')
  assert.equal(await agreed(opened), 314)
  await page.getByRole('button', { name: 'Take out the code WELCOME' }).click()
  assert.equal(await agreed(opened), 349)
})

test('what is bought offline is there after a reload, and with the till when the network is back', async (t) => {
  const opened = await openShop(t, shop)
  const { page, at } = opened
  await at.network.click()
  await page.getByRole('button', { name: 'Offline', exact: true }).click()
  await at.search.fill('green tea')
  await at.product(TEA.sku).getByRole('button', { name: 'Add' }).click()
  await at.product(TEA.sku).getByRole('button', { name: 'One more' }).click()
  await until('it says so', async () => /^Offline, \d waiting$/.test((await at.connection.textContent()) ?? ''))
  assert.equal(await at.total.getAttribute('data-total'), '698')
  assert.equal(await page.getByText('not saved yet', { exact: true }).isVisible(), true)
  await page.reload()
  assert.equal(await agreed(opened), 698)
})

test('a price that changed meanwhile is asked about, and taken or left', async (t) => {
  t.after(() => restartWith())
  const opened = await openShop(t, shop)
  const { page, at } = opened
  await restartWith({ teaMinor: 399 })
  await at.search.fill('green tea')
  const add = at.product(TEA.sku).getByRole('button', { name: 'Add' })
  await add.click()
  const asked = page.getByRole('dialog', { name: 'The price has changed' })
  await asked.waitFor()
  assert.match(String(await asked.textContent()), /You saw€3\.49.*It costs now€3\.99/)
  await asked.getByRole('button', { name: 'Leave it out' }).click()
  assert.equal(await at.lines.count(), 0)
  await page.reload()
  await at.search.fill('green tea')
  await restartWith({ teaMinor: 429 })
  await add.click()
  await asked.getByRole('button', { name: 'Add it at the new price' }).click()
  assert.equal(await agreed(opened), 429)
  assert.match(String(await at.product(TEA.sku).textContent()), /€4\.29/)
})

test('what needs attention can be put off, edited and discarded', async (t) => {
  const opened = await openShop(t, shop)
  const { page, at } = opened
  await at.network.click()
  await page.getByText('Yesterday’s price list').click()
  await page.getByRole('button', { name: 'Close the network panel' }).click()
  await at.search.fill('green tea')
  await at.product(TEA.sku).getByRole('button', { name: 'Add' }).click()
  const asked = page.getByRole('dialog', { name: 'The price has changed' })
  await asked.waitFor()
  await page.keyboard.press('Escape')
  await asked.waitFor({ state: 'detached' })
  assert.match(String(await at.attention.textContent()), /Add 1 × green tea/)
  assert.match(String(await at.connection.textContent()), /Needs attention \(1\)/)
  await at.attention.getByRole('button', { name: 'Edit' }).click()
  await at.attention.getByLabel('Quantity').fill('2.5')
  assert.equal(await at.attention.getByRole('button', { name: 'Send' }).isDisabled(), true)
  await at.attention.getByRole('button', { name: 'Cancel' }).click()
  await at.attention.getByRole('button', { name: 'Discard' }).click()
  await at.attention.waitFor({ state: 'detached' })
  assert.equal(await at.lines.count(), 0)
})

test('a second tab shows the same cart, follows it out of the door and into the next one', async (t) => {
  const opened = await openShop(t, shop)
  const other = await openShop(t, shop, { context: opened.profile })
  await opened.at.search.fill('green tea')
  await opened.at.product(TEA.sku).getByRole('button', { name: 'Add' }).click()
  await until('the other tab has it', async () => (await other.at.lines.count()) === 1)
  await other.at.line(TEA.sku).getByRole('button', { name: 'One more' }).click()
  await until('and this one what came of it', async () => (await opened.at.total.getAttribute('data-total')) === '698')
  const bought = await cartOf(opened.page)
  await opened.page.getByRole('button', { name: 'Check out' }).click()
  for (const { page } of [opened, other]) await page.getByText('Confirmed by the till').waitFor()
  assert.equal((await shop.tillroll.events(bought)).at(-1)?.type, 'tillroll.cart.CartClosed')
  await other.page.getByRole('button', { name: 'Start a new cart' }).click()
  await opened.page.getByText('Nothing in it yet').waitFor()
  assert.notEqual(await cartOf(opened.page), bought)
  assert.equal(await cartOf(opened.page), await cartOf(other.page))
})

test('on a phone the cart is a drawer, and the way out is in it', async (t) => {
  const { page, at } = await openShop(t, shop, { viewport: { width: 360, height: 740 } })
  await at.search.fill('green tea')
  await at.product(TEA.sku).getByRole('button', { name: 'Add' }).click()
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, 'nothing is wider than the window')
  await page.getByRole('button', { name: 'Cart, 1 piece, €3.49' }).click()
  const drawer = page.getByRole('dialog', { name: 'Your cart' })
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  assert.match(String(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))), /^Cart, 1 piece/)
  await page.keyboard.press('Enter')
  await drawer.getByRole('button', { name: 'Check out' }).click()
  await page.getByText('Confirmed by the till').waitFor()
  await page.getByRole('button', { name: 'Start a new cart' }).click()
  await page.getByRole('button', { name: 'Cart, empty' }).waitFor()
})

test('names are text, whatever somebody wrote into them', async (t) => {
  const opened = await openShop(t, shop)
  const { page, at } = opened
  await at.search.fill('script')
  await at.product('script').getByRole('button', { name: 'Add' }).click()
  await at.search.fill('onerror')
  await at.product('__proto__').getByRole('button', { name: 'Add' }).click()
  await until('both are in', async () => (await at.lines.count()) === 2)
  assert.match(String(await at.line('script').textContent()), /<script>document\.title="run"<\/script>/)
  assert.equal(await page.title(), 'Tillroll Provisions')
  assert.equal(await page.locator('main img, main script').count(), 0)
  assert.ok(HOSTILE.every(({ sku }) => sku))
  await agreed(opened)
})

test('a network that loses, doubles and shuffles costs time and nothing else', async (t) => {
  const opened = await openShop(t, shop)
  const { page, at } = opened
  await at.network.click()
  await page.getByRole('button', { name: 'On a train' }).click()
  await at.search.fill('no. 1')
  for (let nth = 0; nth < 5; nth += 1)
    await page.locator(`[data-nth="${nth}"]`).getByRole('button', { name: 'Add' }).click()
  assert.equal(await at.lines.count(), 5)
  const shown = await at.total.getAttribute('data-total')
  await page.getByRole('button', { name: 'Good', exact: true }).click()
  assert.equal(await agreed(opened), Number(shown))
  assert.match(String(await page.getByRole('region', { name: 'Make the network bad' }).textContent()), /AddItem/)
})
