// Dead letters and parked carts of a system that really has them: looked into, tried dry, sent back with a reason.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../tests/harness/index.mjs'
import { makeCart, openDebugger, shot, startDebugger, violations } from './debugger.mjs'
import { sabotage } from './sabotage.mjs'

const debug = await startDebugger()
const { tillroll } = debug
const add = { type: 'AddItem', data: { item_name: 'Tea', price: { minor: 349 } } }

const carts = [await makeCart(tillroll, [add, add]), await makeCart(tillroll, [add])]
const [, parked = ''] = carts

/** @param {import('playwright-core').Page} page */
const places = (page) => ({
  dialog: page.getByRole('dialog'),
  why: page.getByRole('textbox', { name: 'Why' }),
  letters: () => page.getByRole('button', { name: /^letter / }).count(),
})

test('a system without dead letters and parked carts says so', async (t) => {
  const page = await openDebugger(t, debug, 'letters')
  await page.getByRole('heading', { name: 'No dead letters' }).waitFor()
  await page.getByText('No cart is parked.').waitFor()
  await page.getByText('Nobody has redriven').waitFor()
  assert.deepEqual(await violations(page), [])
})

test('what fails five times is given up, and what no build knows parks its cart', async () => {
  await sabotage(tillroll, carts, [['letters'], ['park', parked]])
  await until('all is given up', async () => (await tillroll.ask('/dead-letters')).dead_letters.length === 4)
  await until('a cart is parked', async () => (await tillroll.ask('/parked')).parked.length === 1)
})

test('letters stand by cart and reason, and one can be looked into by keys alone, with its address', async (t) => {
  const page = await openDebugger(t, debug, 'letters')
  await page.getByRole('row').filter({ hasText: 'the disk is full' }).getByText('5×').waitFor()
  await page.getByRole('heading', { name: 'Of no cart that can be told' }).waitFor()
  await page.getByRole('button', { name: 'letter 1' }).focus()
  await page.keyboard.press('Enter')
  const { dialog } = places(page)
  await dialog.getByText('would succeed').waitFor()
  await dialog.getByText('applied already', { exact: false }).first().waitFor()
  await until('the address says which', () => new URL(page.url()).searchParams.get('letter') === '1')
  assert.deepEqual(await violations(page), [])
  await shot(page, 'letter-light')
  await page.keyboard.press('Escape')
  await until('it is closed', async () => (await dialog.count()) === 0)
})

test('a message that is none of ours is text, and would come back', async (t) => {
  const { dead_letters } = await tillroll.ask('/dead-letters')
  const foreign = dead_letters.find((/** @type {{ carts?: number }} */ { carts }) => carts === undefined)
  const page = await openDebugger(t, debug, `letters?letter=${foreign.id}`)
  const { dialog } = places(page)
  await dialog.getByText('It would come back here').waitFor()
  await dialog.getByText('hello <img src=x onerror=alert(1)>').waitFor()
  assert.equal(await dialog.locator('img').count(), 0)
})

test('light, dark and narrow are all without fault', async (t) => {
  for (const [name, colorScheme, width, height] of /** @type {const} */ ([
    ['letters-light', 'light', 1440, 950],
    ['letters-dark', 'dark', 1440, 950],
    ['letters-narrow-light', 'light', 420, 1100],
  ])) {
    const page = await openDebugger(t, debug, 'letters', { colorScheme, viewport: { width, height } })
    await page.getByRole('link', { name: new RegExp(`^${parked}`) }).waitFor()
    await page.getByRole('button', { name: 'letter 1' }).waitFor()
    await page.getByText('Nobody has redriven').waitFor()
    assert.deepEqual(await violations(page), [], name)
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wider <= 0, `${name} is ${wider} px too wide`)
    await shot(page, name)
    await page.close()
  }
})

test('a parked cart is tried again with a reason, stands still again, and both are recorded', async (t) => {
  const page = await openDebugger(t, debug, 'letters')
  await page.getByRole('button', { name: 'Resume…' }).click()
  const { why, dialog } = places(page)
  await dialog.getByRole('button', { name: 'Try again' }).click()
  assert.ok(await dialog.isVisible(), 'nothing is done without a reason')
  await why.fill('to <b>see</b>')
  await page.getByRole('textbox', { name: 'Who asks' }).fill('ada')
  await page.keyboard.press('Enter')
  await page
    .getByRole('region', { name: 'Parked carts' })
    .getByText(/stands still again behind version/)
    .waitFor()
  const record = page.getByRole('row').filter({ hasText: 'to <b>see</b>' })
  await record.getByText('ada').waitFor()
  await record.getByText('resume').waitFor()
})

test('letters go back after a dry run that says what will come of it and of the order', async (t) => {
  const page = await openDebugger(t, debug, 'letters')
  const { dialog, why, letters } = places(page)
  const row = page.getByRole('row').filter({ hasText: 'the disk is full' })
  await row.getByRole('button', { name: 'Redrive…' }).click()
  await dialog.getByText('It would do nothing: all of it is applied already.').waitFor()
  await dialog.getByText('interleaves with newer ones', { exact: false }).waitFor()
  assert.deepEqual(await violations(page), [])
  await shot(page, 'letters-redrive-light')
  await why.fill('the disk has room again')
  await dialog.getByRole('button', { name: 'Redrive', exact: true }).click()
  await until('they are gone', async () => (await letters()) === 2)
  await page
    .getByRole('row')
    .filter({ hasText: 'the disk has room again' })
    .getByText('redrive', { exact: true })
    .waitFor()

  await page.getByLabel('Subscription').selectOption('reminders')
  await page.getByRole('heading', { name: 'No dead letters' }).waitFor()
  await page.getByLabel('Subscription').selectOption('carts')
  await page.getByRole('button', { name: 'Redrive all…' }).click()
  await dialog.getByRole('heading', { name: 'Redrive all dead letters of carts' }).waitFor()
  await why.fill('once more')
  await dialog.getByRole('button', { name: 'Redrive', exact: true }).click()
  await until('what is not ours comes back', async () => {
    const { dead_letters } = await tillroll.ask('/dead-letters')
    return dead_letters.length === 2 && dead_letters.every((/** @type {{ id: string }} */ { id }) => Number(id) > 4)
  })
})
