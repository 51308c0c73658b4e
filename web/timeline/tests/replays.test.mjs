// Replays: planned before they are begun, watched by their address, steered, compared, rolled back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../tests/harness/index.mjs'
import { makeCart, openDebugger, shot, startDebugger, violations } from './debugger.mjs'

const debug = await startDebugger()
const { tillroll } = debug
const add = { type: 'AddItem', data: { item_name: 'Tea', price: { minor: 349 } } }
for (let cart = 0; cart < 5; cart += 1) await makeCart(tillroll, [add, add])
await until('all of it is archived', async () => {
  const { stages } = await tillroll.ask('/pipeline')
  return stages.every((/** @type {{ lag_events: number }} */ { lag_events }) => lag_events === 0)
})

/** @param {import('playwright-core').Page} page */
const runOf = (page) => until('a run is open', () => /\/timeline\/replays\/([0-9a-f-]{36})/.exec(page.url())?.[1])

/** @param {import('playwright-core').Page} page */
const badge = (page, /** @type {string} */ word) =>
  page.locator('[data-tone]').filter({ hasText: word }).first().waitFor()

test('by keys alone a replay is planned, begun, watched to its end, compared and rolled back', async (t) => {
  const page = await openDebugger(t, debug, 'replays')
  await page.getByRole('heading', { name: 'Nothing was replayed yet' }).waitFor()
  assert.deepEqual(await violations(page), [])
  await page.getByRole('button', { name: 'New replay' }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'New replay' })
  await dialog.getByLabel('Subscription').selectOption('suggestions')
  await dialog.getByRole('button', { name: 'See what it would do' }).focus()
  await page.keyboard.press('Enter')
  await dialog.getByText('It would send 15 events').waitFor()
  assert.equal((await tillroll.ask('/replays')).replays.length, 0, 'nothing has begun')
  assert.deepEqual(await violations(page), [])
  await shot(page, 'replays-plan-light')
  await dialog.getByRole('button', { name: 'Start it' }).focus()
  await page.keyboard.press('Enter')
  const run = await runOf(page)
  await badge(page, 'Finished')
  await page.getByRole('button', { name: 'Compare now' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('Every row of suggestions agrees').waitFor()
  assert.deepEqual(await violations(page), [])
  await shot(page, 'replays-run-light')
  await page.getByRole('button', { name: 'Roll back…' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Roll back' }).click()
  await until('another run is open', () => !page.url().includes(run))
  await badge(page, 'Finished')
  const { generations } = await tillroll.ask('/replays')
  assert.deepEqual([generations.suggestions.live, generations.suggestions.previous], [1, 2])
})

test('a run is paused, resumed and cancelled, and its address shows it to whoever has it', async (t) => {
  const { id } = await tillroll.ask('/replays', { subscription: 'reminders', rate: 1 })
  const page = await openDebugger(t, debug, `replays/${id}`)
  await page.getByRole('button', { name: 'Pause' }).click()
  await badge(page, 'Paused')
  await shot(page, 'replays-paused-light')
  assert.deepEqual(await violations(page), [])
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await page.getByRole('button', { name: 'Cancel…' }).click()
  await page.getByText('The live rows were never touched').waitFor()
  assert.deepEqual(await violations(page), [])
  await page.getByRole('button', { name: 'Cancel the run' }).click()
  await badge(page, 'Cancelled')
  await page.getByRole('link', { name: 'All replays' }).click()
  await page.getByRole('row').filter({ hasText: 'reminders' }).getByText('Cancelled').waitFor()
})

test('what makes no sense is said before anything is asked, and what the server refuses is said in its words', async (t) => {
  const page = await openDebugger(t, debug, 'replays')
  await page.getByRole('button', { name: 'New replay' }).click()
  const dialog = page.getByRole('dialog', { name: 'New replay' })
  const plan = dialog.getByRole('button', { name: 'See what it would do' })
  const said = dialog.getByRole('alert')
  await dialog.getByLabel('Most events a second').fill('many')
  await plan.click()
  await said.getByText('A rate is a whole number').waitFor()
  await dialog.getByLabel('Most events a second').fill('')
  await dialog.getByText('Some events only').click()
  await dialog.getByLabel('Happened from').fill('tomorrow')
  await plan.click()
  await said.getByText('A moment is written as').waitFor()
  await dialog.getByLabel('Happened from').fill('2026-03-02 09:14')
  await dialog.getByLabel('ItemAdded').check()
  await plan.click()
  await dialog.getByText(/would move the gate alone/).waitFor()
  await dialog.getByLabel(/^Single carts/).check()
  await dialog.getByLabel('Carts, by id').fill('0a0b0c0d-9dad-41d1-80b4-00c04fd430c8')
  await plan.click()
  await said.waitFor()
  assert.match(String(await said.textContent()), /0a0b0c0d/)
})

test('light, dark and narrow are all without fault', async (t) => {
  for (const [name, colorScheme, width, height] of /** @type {const} */ ([
    ['replays-light', 'light', 1440, 900],
    ['replays-dark', 'dark', 1440, 900],
    ['replays-narrow-light', 'light', 420, 900],
  ])) {
    const page = await openDebugger(t, debug, 'replays', { colorScheme, viewport: { width, height } })
    await page.getByRole('progressbar').first().waitFor()
    assert.deepEqual(await violations(page), [], name)
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wider <= 0, `${name} is ${wider} px too wide`)
    await shot(page, name)
    await page.close()
  }
})

test('a run that nobody has is said so, with a way on', async (t) => {
  const page = await openDebugger(t, debug, 'replays/0a0b0c0d-9dad-41d1-80b4-00c04fd430c8')
  await page.getByRole('heading', { name: 'The run cannot be had' }).waitFor()
  await page.getByRole('link', { name: 'All replays' }).waitFor()
})
