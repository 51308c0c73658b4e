// What-if, as somebody at a desk asks it, against the whole system: nothing of it may reach that.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../tests/harness/index.mjs'
import { CATALOGUE, makeCart, openDebugger, shot, startDebugger, violations } from './debugger.mjs'

const debug = await startDebugger({ catalogue: CATALOGUE })
const { tillroll } = debug

/** Seven events: opened, tea, bread, four tea, TEN, bread out, closed. */
const LIFE = [
  { type: 'AddItem', data: { item_name: 'Green tea', sku: 'tea', quantity: 2 } },
  { type: 'AddItem', data: { item_name: 'Rye bread', sku: 'bread' } },
  { type: 'ChangeQuantity', data: { sku: 'tea', quantity: 4 } },
  { type: 'ApplyDiscount', data: { code: 'TEN' } },
  { type: 'RemoveItem', data: { sku: 'bread' } },
  { type: 'CloseCart', data: { reason: 'checked_out' } },
]

/** @param {import('playwright-core').Page} page */
const parts = (page) => ({
  grid: page.getByRole('grid', { name: 'Events as recorded and edited' }),
  slider: page.getByRole('slider', { name: 'Step of both histories' }),
  edits: page.getByRole('region', { name: 'Edits' }),
  a: page.getByRole('region', { name: 'A: as recorded' }),
  b: page.getByRole('region', { name: 'B: edited' }),
  difference: page.locator('dl').first(),
  dialog: page.getByRole('dialog'),
})

/** @param {import('playwright-core').Page} page */
const fates = async (page) => {
  const rows = await parts(page).grid.locator('[role=row][data-fate]').all()
  return Promise.all(rows.map((row) => row.getAttribute('data-fate')))
}

/** What the server has of it. */
const state = async (/** @type {string} */ cart) => tillroll.ask(`/carts/${cart}/events`)

test('leaving an event out by mouse: what depends on it is refused with its reason, or folds', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const before = await state(cart)
  const page = await openDebugger(t, debug, `whatif/${cart}`)
  const { grid, edits, a, b, difference } = parts(page)
  await page.getByText('Hypothetical, nothing is written').waitFor()
  await grid
    .getByRole('row', { name: /Rye bread/ })
    .first()
    .click()
  await edits.getByRole('button', { name: 'Leave out' }).click()
  await edits.getByText('Leave out version 3').waitFor()
  await edits.getByText('1 would be refused now').waitFor()
  await edits.getByRole('button', { name: /version 6.*is not in the cart any more/ }).click()
  await until('the refused one is stood on', async () =>
    /refused now/.test(String(await grid.locator('[aria-selected=true]').textContent())),
  )
  const expected = 'same,same,dropped,same,same,refused,same'
  await until('each has its fate', async () => String(await fates(page)) === expected)
  assert.match(String(await difference.textContent()), /Both come to the same/)
  await grid
    .getByRole('row', { name: /Rye bread/ })
    .first()
    .click()
  await a.getByText('not in B').waitFor()
  assert.equal(await b.getByText('Rye bread').count(), 0)
  await page.getByRole('radio', { name: 'Fold as they are' }).check({ force: true })
  await until('it folds', async () => !(await fates(page)).includes('refused'))
  await until('the address says so', async () => new URL(page.url()).searchParams.get('mode') === 'as_it_is')
  // Whoever has the link sees the same.
  const again = await openDebugger(t, debug, page.url().split('/timeline/')[1] ?? '')
  await parts(again).edits.getByText('Leave out version 3').waitFor()
  await until('the same fates', async () => String(await fates(again)) === String(await fates(page)))
  assert.deepEqual(await state(cart), before, 'nothing was written')
})

test('by keys alone: from the timeline to an edit, a command, a difference, and back', async (t) => {
  const cart = await makeCart(tillroll, LIFE.slice(0, 3))
  const before = await state(cart)
  const page = await openDebugger(t, debug, `cart/${cart}?v=2`)
  await page.getByRole('slider', { name: 'Moment' }).waitFor()
  await page.locator('[data-version][aria-busy=false]').waitFor()
  await page.keyboard.press('w')
  const { slider, edits, difference, dialog, grid } = parts(page)
  await until('one stands where one was', async () => (await slider.inputValue()) === '1')
  await page.keyboard.press('c')
  await dialog.getByLabel(/^Pieces/).fill('10')
  await page.keyboard.press('Enter')
  await edits.getByText(/Version 2 instead: Added 10 Green tea/).waitFor()
  await page.keyboard.press('d')
  await until('the first difference', async () => (await slider.inputValue()) === '1')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('a')
  await dialog.getByLabel(/^Item/).fill('Rye bread')
  await dialog.getByLabel(/^Sku/).fill('bread')
  await dialog.getByLabel(/^Pieces/).fill('3')
  await page.keyboard.press('Enter')
  await edits.getByText('2 of 64 edits').waitFor()
  await until('the price that the history states', async () =>
    /€9.60 more/.test(String(await difference.textContent())),
  )
  await page.keyboard.press('u')
  await page.keyboard.press('u')
  await edits.getByText('No edits yet').waitFor()
  await page.keyboard.press('Home')
  await page.keyboard.press('k')
  await edits.getByText('Nothing happened after version').waitFor()
  await page.goBack()
  await edits.getByText('No edits yet').waitFor()
  await grid.focus()
  await page.keyboard.press('End')
  await page.keyboard.press('m')
  await dialog.getByLabel(/Behind version/).fill('1')
  await page.keyboard.press('Enter')
  await edits.getByText('Version 4 after version 1').waitFor()
  await until('refused where it stands now', async () => (await fates(page)).includes('refused'))
  await page.keyboard.press('Escape')
  await until('back where one was', async () => page.url().endsWith(`/timeline/cart/${cart}?v=2`))
  assert.deepEqual(await state(cart), before, 'nothing was written')
})

test('what an address says that makes no sense is told, and is no harm', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const fragment = (/** @type {unknown} */ edits) => Buffer.from(JSON.stringify(edits)).toString('base64url')
  for (const [edits, said] of /** @type {const} */ ([
    [[{ edit: 'drop', version: 99 }], /the cart has no version 99/],
    [
      [
        { edit: 'drop', version: 2 },
        { edit: 'drop', version: 2 },
      ],
      /another edit is about version 2 already/,
    ],
    [[{ edit: 'drop', version: -1 }], /An edit in the address has a value that no event has/],
  ])) {
    const page = await openDebugger(t, debug, `whatif/${cart}#e=${fragment(edits)}`)
    await page.getByRole('alert').filter({ hasText: said }).waitFor()
  }
  const page = await openDebugger(t, debug, `whatif/${cart}#e=%%%`)
  await parts(page).edits.getByText('No edits yet').waitFor()
  const missing = await openDebugger(t, debug, 'whatif/00000000-0000-4000-8000-000000000000')
  await missing.getByText('There is no history to ask about').waitFor()
})

test('hostile texts stay texts, axe finds nothing, and it looks as it should', async (t) => {
  const evil = '<img src=x onerror=alert(1)>\u202e'
  const cart = await makeCart(tillroll, [
    ...LIFE.slice(0, 5),
    { type: 'ChangeQuantity', data: { sku: 'tea', quantity: 9 } },
  ])
  const own = { shopping_cart_uuid: cart }
  const edits = [
    { edit: 'drop', version: 3 },
    { edit: 'insert', after: 2, event: { type: 'ItemAdded', data: { ...own, item_name: evil, quantity: 2 } } },
    { edit: 'issue', after: 5, command: { type: 'AddItem', data: { item_name: 'é'.repeat(128) } } },
    { edit: 'move', version: 7, after: 1 },
  ]
  const fragment = `e=${Buffer.from(JSON.stringify(edits)).toString('base64url')}`
  for (const [colorScheme, width, height] of /** @type {const} */ ([
    ['light', 1440, 900],
    ['dark', 1440, 900],
    ['light', 700, 900],
    ['dark', 390, 844],
  ])) {
    const page = await openDebugger(t, debug, `whatif/${cart}#${fragment}`, {
      colorScheme,
      viewport: { width, height },
    })
    await parts(page).edits.getByText('4 of 64 edits').waitFor()
    await until('the events are there', async () => (await fates(page)).includes('inserted'))
    assert.equal(await page.locator('img[onerror], img[src=x]').count(), 0)
    if (width >= 700) assert.deepEqual(await violations(page), [])
    await shot(page, `whatif-${colorScheme}-${width}`)
  }
})

test('the page goes on while the core answers: it does so in a worker', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const page = await openDebugger(t, debug, `whatif/${cart}`)
  const { grid, edits } = parts(page)
  await grid
    .getByRole('row', { name: /Rye bread/ })
    .first()
    .waitFor()
  const worker = page.workers().at(-1)
  assert.ok(worker, 'there is a worker')
  const busy = worker.evaluate(() => {
    const until = performance.now() + 2_000
    while (performance.now() < until);
  })
  await grid
    .getByRole('row', { name: /Rye bread/ })
    .first()
    .click()
  await edits.getByRole('button', { name: 'Leave out' }).click()
  const frames = await page.evaluate(async () => {
    let frames = 0
    while (frames < 5) {
      await new Promise((resolve) => requestAnimationFrame(resolve))
      frames += 1
    }
    return frames
  })
  assert.equal(frames, 5)
  assert.doesNotMatch(String(await fates(page)), /dropped/, 'nobody else answers')
  await page.keyboard.press('ArrowLeft')
  await busy
  await until('it is answered', async () => /dropped/.test(String(await fates(page))))
})
