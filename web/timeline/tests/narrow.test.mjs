// Every screen on a telephone: all of it is there, nothing has to be scrolled sideways, and axe finds nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../tests/harness/index.mjs'
import { CATALOGUE, makeCart, openDebugger, shot, startDebugger, violations } from './debugger.mjs'
import { drop } from './dropped.mjs'
import { sabotage } from './sabotage.mjs'

const debug = await startDebugger({ catalogue: CATALOGUE })
const { tillroll } = debug
const PHONE = { viewport: { width: 390, height: 844 } }

const LIFE = [
  { type: 'AddItem', data: { item_name: 'Green tea', sku: 'tea', quantity: 2 } },
  { type: 'AddItem', data: { item_name: 'Rye bread', sku: 'bread' } },
  { type: 'ApplyDiscount', data: { code: 'NONE' } },
  { type: 'ApplyDiscount', data: { code: 'TEN' } },
  { type: 'RemoveItem', data: { sku: 'bread' } },
]
const carts = [await makeCart(tillroll, LIFE), await makeCart(tillroll, LIFE.slice(0, 1))]
const [cart = '', parked = ''] = carts

/**
 * What is wider than the room it has, and would have to be scrolled or is cut off at the window's edge.
 *
 * @param {import('playwright-core').Page} page
 */
const sideways = (page) =>
  page.evaluate(() => {
    const name = (/** @type {Element} */ { tagName, className }) => `${tagName.toLowerCase()}.${className}`
    const seen = (/** @type {Element} */ element) => element.checkVisibility() && element.clientWidth > 1
    const scrolls = [...document.querySelectorAll('*')].filter((element) => {
      const { overflowX } = getComputedStyle(element)
      const wider = element.scrollWidth > element.clientWidth + 1
      return wider && (overflowX === 'auto' || overflowX === 'scroll') && seen(element)
    })
    const page = document.documentElement.scrollWidth > innerWidth ? ['the page'] : []
    return [...page, ...scrolls.map(name)]
  })

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
const isWhole = async (page, name) => {
  assert.deepEqual(await sideways(page), [], `${name} scrolls sideways`)
  assert.deepEqual(await violations(page), [], name)
  await shot(page, `narrow-${name}`)
}

test('a cart, each of its states, and the drawers of its events and its inspector', async (t) => {
  const page = await openDebugger(t, debug, `cart/${cart}?v=5&a=2&field=%2Ftotal_minor`, PHONE)
  await page.locator('[data-version][aria-busy=false]').waitFor()
  for (const tab of ['As the shopper saw it', 'Lines and totals', 'Tree', 'Raw']) {
    await page.getByRole('tab', { name: tab }).click()
    await isWhole(page, `cart-${tab.split(' ')[0]?.toLowerCase()}`)
  }
  await page.getByRole('button', { name: 'Events', exact: true }).click()
  await page
    .getByRole('dialog')
    .getByText(/Green tea/)
    .first()
    .waitFor()
  await isWhole(page, 'cart-events')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Inspector', exact: true }).click()
  for (const tab of ['Event', 'Diff', 'Why', 'Causes', 'Delivery']) {
    await page.getByRole('tab', { name: tab, exact: true }).click()
    await isWhole(page, `cart-${tab.toLowerCase()}`)
  }
})

test('what if, with edits, and a file', async (t) => {
  const edits = [
    { edit: 'drop', version: 3 },
    { edit: 'issue', after: 4, command: { type: 'AddItem', data: { item_name: 'Green tea', sku: 'tea' } } },
  ]
  const asked = `whatif/${cart}#e=${Buffer.from(JSON.stringify(edits)).toString('base64url')}`
  const page = await openDebugger(t, debug, asked, PHONE)
  await page.getByText('2 of 64 edits').waitFor()
  await page.getByRole('row', { name: /refused now/ }).waitFor()
  await isWhole(page, 'whatif')
  const file = await openDebugger(t, debug, 'file', PHONE)
  await isWhole(file, 'file-empty')
  const { events } = await tillroll.ask(`/carts/${cart}/events`)
  const header = { format_version: 1, cart_id: cart, exported_at: null, redactions: [] }
  await drop(file, 'a-file-with-quite-a-long-name.timeline.json', Buffer.from(JSON.stringify({ header, events })))
  await file.locator('[data-version][aria-busy=false]').waitFor()
  await isWhole(file, 'file')
})

test('carts, the pipeline after a verification, dead letters with a parked cart, a replay', async (t) => {
  await sabotage(tillroll, carts, [['letters'], ['park', parked]])
  await until('all is given up', async () => (await tillroll.ask('/dead-letters')).dead_letters.length === 4)
  await until('a cart is parked', async () => (await tillroll.ask('/parked')).parked.length === 1)
  const found = await openDebugger(t, debug, '', PHONE)
  await found.getByRole('row').filter({ hasText: 'Parked at' }).waitFor()
  await isWhole(found, 'carts')
  const letters = await openDebugger(t, debug, 'letters', PHONE)
  await letters.getByRole('link', { name: new RegExp(`^${parked}`) }).waitFor()
  await letters.getByRole('button', { name: 'letter 1' }).waitFor()
  await isWhole(letters, 'letters')
  await letters.getByRole('button', { name: 'letter 1' }).click()
  await letters.getByRole('dialog').getByText('would succeed').waitFor()
  await isWhole(letters, 'letter')
  const pipeline = await openDebugger(t, debug, 'pipeline', PHONE)
  await pipeline.getByRole('img', { name: /^Chart of lag/ }).waitFor()
  await pipeline.getByRole('button', { name: /^Verify (now|again)/ }).click()
  await pipeline.getByRole('button', { name: 'Verify again' }).and(pipeline.locator(':enabled')).waitFor()
  await isWhole(pipeline, 'pipeline')
  const replays = await openDebugger(t, debug, 'replays', PHONE)
  await replays.getByRole('button', { name: 'New replay' }).click()
  const plan = replays.getByRole('dialog', { name: 'New replay' })
  await plan.getByLabel('Subscription').selectOption('suggestions')
  await plan.getByRole('button', { name: 'See what it would do' }).click()
  await plan.getByText(/It would send/).waitFor()
  await isWhole(replays, 'replays-plan')
  await plan.getByRole('button', { name: 'Start it' }).click()
  await replays.locator('[data-tone]').filter({ hasText: 'Finished' }).first().waitFor()
  await isWhole(replays, 'replay')
  const runs = await openDebugger(t, debug, 'replays', PHONE)
  await runs.getByRole('table').first().waitFor({ state: 'attached' })
  await isWhole(runs, 'replays')
})
