// The pipeline's screen: what each stage does in words, and what a verification finds, down to the event.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../tests/harness/index.mjs'
import { makeCart, openDebugger, shot, startDebugger, violations } from './debugger.mjs'
import { sabotage } from './sabotage.mjs'

const debug = await startDebugger()
const { tillroll } = debug
const add = { type: 'AddItem', data: { item_name: 'Tea', price: { minor: 349 } } }
const carts = [await makeCart(tillroll, [add, add, add]), await makeCart(tillroll, [add])]

/** @param {import('playwright-core').Page} page */
const verified = async (page) => {
  await page.getByRole('button', { name: /^Verify (now|again)/ }).click()
  await page.getByRole('button', { name: 'Verify again' }).and(page.locator(':enabled')).waitFor()
}

test('every stage stands in the flow with its state in words, and all agree when they are verified', async (t) => {
  const page = await openDebugger(t, debug, 'pipeline')
  for (const name of ['Event table', 'Table stream', 'Event bus', 'Archive', 'Replay queues', 'Projections']) {
    await page.getByRole('heading', { name, exact: true }).waitFor()
  }
  await page.locator('[data-stage="project carts"]').getByText('Running').waitFor()
  await page.getByRole('img', { name: /^Chart of lag/ }).waitFor()
  await verified(page)
  await page.getByRole('region', { name: 'Reconciliation' }).getByText('Everything agrees').waitFor()
  await page.getByText('6 events of 2 carts in the table.').waitFor()
  assert.equal(await page.getByRole('row').filter({ hasText: 'UTC' }).getByRole('cell').first().textContent(), '6')
})

test('lag is shown as time or as count, and a line can be left out', async (t) => {
  const page = await openDebugger(t, debug, 'pipeline')
  await page.getByLabel('Lag as').selectOption('count')
  await until('the address says it', () => new URL(page.url()).searchParams.get('lag') === 'count')
  const line = page.getByRole('button', { name: 'replay carts', exact: true })
  await line.click()
  assert.equal(await line.getAttribute('aria-pressed'), 'false')
})

test('a stage that stalls, one that is behind and one that is parked say so', async (t) => {
  const page = await openDebugger(t, debug, 'nowhere')
  const since = new Date(Date.now() - 360_500).toISOString()
  const rates = { in_per_minute: 1200, out_per_minute: 60 }
  await page.route('**/pipeline', async (route) => {
    if (!route.request().headers().accept?.includes('json')) return route.continue()
    const stage = { state: 'idle', lag_events: 0, lag_ms: 0, rates }
    const stages = [
      { ...stage, name: 'publish', state: 'running', lag_events: 1200, lag_ms: 65_000 },
      {
        ...stage,
        name: 'archive',
        state: 'stalled',
        lag_events: 7,
        lag_ms: 360_500,
        since,
        last_error: 'write: <b>disk full</b>',
      },
      { ...stage, name: 'project carts' },
      { ...stage, name: 'replay carts', state: 'running', lag_events: 3, lag_ms: 900 },
    ]
    const parked = [
      {
        subscription: 'carts',
        generation: 1,
        cart_id: carts[0],
        version: 3,
        event_id: null,
        reason: 'x',
        build: '0',
        since,
      },
    ]
    const replays = [{ subscription: 'carts', paused_at: since, finished_at: null }]
    const rest = { projections: [], tampered: 2, reconciliation: null, operations: [] }
    await route.fulfill({
      json: { stages, parked, replays, dead_letters: [{ subscription: 'carts', messages: 2 }], ...rest },
    })
  })
  await page.getByRole('link', { name: 'Pipeline', exact: true }).click()
  const stage = (/** @type {string} */ name) => page.locator(`[data-stage="${name}"]`)
  await stage('publish').getByText('Behind 1 min 5 s').waitFor()
  await stage('archive').getByText('Stalled 6 min').waitFor()
  await stage('archive').getByText('write: <b>disk full</b>').waitFor()
  await stage('replay carts').getByText('Paused').waitFor()
  await stage('replay carts').getByRole('link', { name: '2 dead letters' }).waitFor()
  await stage('project carts').getByRole('link', { name: '1 parked cart' }).waitFor()
  await page.getByText('2 records kept back as tampered with').waitFor()
  assert.deepEqual(await violations(page), [])
  await shot(page, 'pipeline-stalled-light')
})

test('an event that the table has lost is found in its stretch of time, and leads to its cart', async (t) => {
  const [cart = ''] = carts
  await sabotage(tillroll, carts, [['lose', cart, '3']])
  const page = await openDebugger(t, debug, 'pipeline')
  await verified(page)
  await page
    .getByText(/differences? found/)
    .first()
    .waitFor()
  const count = page.getByRole('button', { name: /missing/ }).first()
  await count.focus()
  await page.keyboard.press('Enter')
  await page.getByText('behind that number').waitFor()
  await until('the address says which', () => new URL(page.url()).searchParams.get('kind') === 'missing')
  assert.deepEqual(await violations(page), [])
  await shot(page, 'pipeline-missing-light')
  await page
    .getByRole('link', { name: `${cart}@3` })
    .first()
    .click()
  await until('the cart is open at it', () => page.url().endsWith(`/timeline/cart/${cart}?v=3`))
})

test('what was behind before somebody looked is in the chart, of the last hour or day', async (t) => {
  await until('the system has kept a sample', async () => (await tillroll.ask('/pipeline')).lags.length > 0)
  const { stages, lags } = await tillroll.ask('/pipeline')
  for (const { lag_events, lag_ms, span_ms } of lags) {
    assert.deepEqual([lag_events.length, lag_ms.length], [stages.length, stages.length])
    assert.ok([60_000, 900_000].includes(span_ms))
  }
  const page = await openDebugger(t, debug, 'pipeline?over=day')
  await page.getByRole('heading', { name: 'Lag over the last day' }).waitFor()
  await page.getByText('kept since the system was started').waitFor()
  await page.getByRole('combobox', { name: 'Lag over' }).selectOption('hour')
  await page.getByRole('heading', { name: 'Lag over the last hour' }).waitFor()
  await until('the address is short again', () => !new URL(page.url()).searchParams.has('over'))
})

test('what the archive has lost is put right after a dry run, with a reason, by keys alone', async (t) => {
  const own = await startDebugger()
  const cart = await makeCart(own.tillroll, [add])
  await sabotage(own.tillroll, [cart], [])
  await own.tillroll.stop()
  await rm(join(own.tillroll.folder, 'archive'), { recursive: true })
  await own.tillroll.start()
  const page = await openDebugger(t, own, 'pipeline')
  await verified(page)
  await page.getByText('2 differences found').first().waitFor()
  const cell = await openDebugger(t, own, '')
  await cell.getByText('Gap', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Repair…' }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Repair what was found' })
  await dialog.getByText(/It would do this: 2 events put on the bus again/).waitFor()
  assert.deepEqual(await violations(page), [])
  await shot(page, 'pipeline-repair-light')
  assert.deepEqual((await own.tillroll.ask('/operations')).operations, [], 'a dry run is no operation')
  await dialog.getByRole('textbox', { name: 'Why' }).focus()
  await page.keyboard.type('the disk was full')
  await page.keyboard.press('Enter')
  await page.getByText('Everything agrees').first().waitFor()
  const [{ kind, reason, outcome }] = (await own.tillroll.ask('/operations')).operations
  assert.deepEqual([kind, reason, outcome !== null], ['repair', 'the disk was full', true])
})

test('light, dark and narrow are all without fault', async (t) => {
  for (const [name, colorScheme, width, height] of /** @type {const} */ ([
    ['pipeline-light', 'light', 1440, 1100],
    ['pipeline-dark', 'dark', 1440, 1100],
    ['pipeline-narrow-light', 'light', 420, 1600],
  ])) {
    const page = await openDebugger(t, debug, 'pipeline', { colorScheme, viewport: { width, height } })
    await page.locator('[data-stage="archive"]').waitFor()
    await page.getByRole('table').first().waitFor()
    assert.deepEqual(await violations(page), [], name)
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wider <= 0, `${name} is ${wider} px too wide`)
    await shot(page, name)
    await page.close()
  }
})

test('a connection that is lost leaves the flow there, as stale with its age', async (t) => {
  const page = await openDebugger(t, debug, 'pipeline', { allow: [/ERR_FAILED/] })
  await page.locator('[data-stage="archive"]').waitFor()
  await page.route('**/pipeline', (route) => route.abort())
  await page.getByText(/This is the pipeline of .* ago/).waitFor()
  assert.ok(await page.locator('[data-stage="archive"]').isVisible())
})
