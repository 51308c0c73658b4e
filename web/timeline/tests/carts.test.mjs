// The directory of carts: looked through by mouse and by keys alone, and honest about what it cannot find.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { until } from '../../tests/harness/index.mjs'
import { command, makeCart, openDebugger, shot, startDebugger, violations } from './debugger.mjs'

const HOSTILE = '<img src=x onerror=alert(1)> \u202egnp.exe'
const debug = await startDebugger()
const { tillroll } = debug
const add = (/** @type {string} */ item_name) => ({ type: 'AddItem', data: { item_name, price: { minor: 250 } } })

/** @param {import('playwright-core').Page} page */
const places = (page) => ({
  grid: page.getByRole('grid', { name: /^Carts/ }),
  row: (/** @type {string} */ cart) => page.getByRole('row').filter({ hasText: cart }),
  search: page.getByRole('searchbox', { name: /^Find carts/ }),
  chip: (/** @type {string} */ name) => page.getByRole('button', { name, exact: true }),
  from: page.getByRole('slider', { name: 'Last changed from' }),
  before: page.getByRole('slider', { name: 'Last changed before' }),
})

/** @param {import('playwright-core').Page} page */
const rows = (page) => page.locator('[role=grid]').getAttribute('aria-rowcount').then(Number)

/** @param {import('playwright-core').Page} page */
const said = (page) => new URL(page.url()).searchParams

test('a system without carts offers to make one, with refusals in it, and opens it', async (t) => {
  const page = await openDebugger(t, debug, '')
  await page.getByRole('heading', { name: 'No carts yet' }).waitFor()
  assert.deepEqual(await violations(page), [])
  await shot(page, 'carts-empty-light')
  await page.getByRole('button', { name: 'Make a demo cart' }).click()
  const cart = await until('it is open', () => /\/timeline\/cart\/([0-9a-f-]{36})/.exec(page.url())?.[1])
  const { refusals } = await tillroll.ask(`/carts/${cart}/refusals`)
  assert.equal(refusals.length, 2)
  await page.goBack()
  await places(page).row(cart).getByText('2 refused').waitFor()
})

test('carts are found by item, status and id, and the address says how', async (t) => {
  const [milk, tea] = [
    await makeCart(tillroll, [add('Goat milk')]),
    await makeCart(tillroll, [add('Goat milk'), add('Tea')]),
  ]
  await command(tillroll, tea, [{ type: 'CloseCart', data: { reason: 'checked_out' } }])
  const page = await openDebugger(t, debug, '')
  const at = places(page)
  await at.row(tea).getByText('Closed', { exact: true }).waitFor()
  await at.search.fill('gOAT')
  await until('two are found', async () => (await rows(page)) === 3)
  await page.getByRole('figure').getByText('2 carts').waitFor()
  await at.chip('Closed').click()
  await until('one of them is closed', async () => (await rows(page)) === 2)
  await until('the address says it', () => said(page).get('q') === 'gOAT' && said(page).get('status') === 'closed')
  await page.reload()
  await at.row(tea).waitFor()
  assert.equal(await at.search.inputValue(), 'gOAT')
  await page.getByRole('button', { name: 'Clear', exact: true }).click()
  await at.search.fill(milk)
  await page.getByText('There is a cart with this id').waitFor()
  await at.search.fill(randomUUID())
  await page.getByText('No cart has this id').waitFor()
  await page.getByRole('heading', { name: 'No cart is like that' }).waitFor()
  assert.deepEqual(await violations(page), [])
})

test('a filter gets a name, is there tomorrow, and is forgotten', async (t) => {
  const page = await openDebugger(t, debug, '?status=open&q=milk')
  await page.getByRole('button', { name: 'Save this filter' }).click()
  await page.keyboard.type('Open milk')
  await page.keyboard.press('Enter')
  await page.goto(`${tillroll.url}/timeline/`)
  await places(page).chip('Open milk').click()
  await until('the address says it', () => said(page).get('q') === 'milk' && said(page).get('status') === 'open')
  await page.getByRole('button', { name: 'Forget the filter Open milk' }).click()
  assert.equal(await places(page).chip('Open milk').count(), 0)
})

test('a stretch of time is dragged over, or chosen by keys', async (t) => {
  const page = await openDebugger(t, debug, '')
  const at = places(page)
  await at.row('-').first().waitFor()
  const all = await rows(page)
  const box = await at.from.locator('..').boundingBox()
  assert.ok(box)
  await page.mouse.move(box.x + 30, box.y + 20)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width / 2, box.y + 20, { steps: 4 })
  await page.mouse.up()
  await until('what changed just now is out of it', () => said(page).get('to') !== null)
  await page.getByRole('heading', { name: 'No cart is like that' }).waitFor()
  await page.getByRole('button', { name: 'All times' }).click()
  await until('all are there again', async () => (await rows(page)) === all)
  await page.mouse.move(box.x + 2, box.y + 20)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width / 3, box.y + 20, { steps: 4 })
  await page.mouse.up()
  await until('a handle was dragged', () => said(page).get('from') !== null && said(page).get('to') === null)
  await page.getByRole('button', { name: 'All times' }).click()
  await at.from.focus()
  await page.keyboard.press('End')
  await until('the last hour alone', () => said(page).get('from') !== null)
  assert.match(String(await at.from.getAttribute('aria-valuetext')), /^from \d{4}-/)
  await until('all changed in the last hour', async () => (await rows(page)) === all)
  await page.keyboard.press('Home')
  await until('the address is as before', () => said(page).get('from') === null)
})

test('by keys alone a cart is found and opened, and back leads to the same row', async (t) => {
  const cart = await makeCart(tillroll, [add('Quince')])
  const page = await openDebugger(t, debug, '')
  const at = places(page)
  await at.row(cart).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('quince')
  await until('it is found', async () => (await rows(page)) === 2)
  for (let tabs = 0; tabs < 30; tabs += 1) {
    if (await at.grid.evaluate((grid) => grid === document.activeElement)) break
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await until('it is open', () => page.url().includes(`/timeline/cart/${cart}`))
  await page.getByRole('slider', { name: 'Moment' }).waitFor()
  const isInMain = () => page.getByRole('main').evaluate((it) => it.contains(document.activeElement))
  assert.ok(await isInMain(), 'who goes on by keys is in what was opened')
  await page.goBack()
  await page.locator('[role=row][aria-selected=true]').filter({ hasText: cart }).waitFor()
  assert.ok(await isInMain())
})

test('a cart that changes moves to the top while somebody looks', async (t) => {
  const cart = await makeCart(tillroll, [add('Plum')])
  await makeCart(tillroll, [add('Pear')])
  const page = await openDebugger(t, debug, '')
  await places(page).row(cart).waitFor()
  await command(tillroll, cart, [add('Apple'), add('Cherry')])
  const first = page.locator('[role=row][aria-rowindex="2"]')
  await until('it is first, with three lines', async () => {
    const cells = await first.getByRole('gridcell').allInnerTexts()
    return cells[0] === cart && cells[2] === '3'
  })
})

test('hostile text is text, wherever somebody looks for it', async (t) => {
  const cart = await makeCart(tillroll, [add(HOSTILE)])
  const page = await openDebugger(t, debug, `?q=${encodeURIComponent('<IMG SRC')}`)
  await places(page).row(cart).waitFor()
  assert.equal(await page.locator('main img').count(), 0)
})

test('light, dark and narrow are all without fault', async (t) => {
  for (const [name, colorScheme, width, height] of /** @type {const} */ ([
    ['carts-light', 'light', 1440, 900],
    ['carts-dark', 'dark', 1440, 900],
    ['carts-narrow-light', 'light', 420, 860],
    ['carts-narrow-dark', 'dark', 420, 860],
  ])) {
    const page = await openDebugger(t, debug, '', { colorScheme, viewport: { width, height } })
    await page.getByRole('slider', { name: 'Last changed from' }).waitFor()
    await page.getByRole('gridcell').first().waitFor()
    assert.deepEqual(await violations(page), [], name)
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wider <= 0, `${name} is ${wider} px too wide`)
    await shot(page, name)
    await page.close()
  }
})

test('a server that went away leaves what was there, marked as stale, and is asked again', async (t) => {
  const page = await openDebugger(t, debug, '', { allow: [/ERR_FAILED/] })
  await places(page).row('-').first().waitFor()
  await page.route('**/carts?*', (route) => route.abort())
  await page.getByText('Stale.').waitFor()
  assert.ok(await places(page).row('-').first().isVisible())
  await shot(page, 'carts-stale-light')
  await page.unroute('**/carts?*')
  await page.getByRole('button', { name: 'Ask now' }).click()
  await page.getByText('Stale.').waitFor({ state: 'detached' })
})

test('who may not see the carts is told so', async (t) => {
  const page = await openDebugger(t, debug, 'nowhere', { allow: [/403/] })
  const problem = {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    code: 'not_an_operator',
    detail: 'for operators',
  }
  await page.route('**/carts?*', (route) =>
    route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
  )
  await page.getByRole('link', { name: 'Carts', exact: true }).click()
  await page.getByRole('heading', { name: 'This is for operators' }).waitFor()
  assert.deepEqual(await violations(page), [])
})

test('Escape leads back from a cart to the carts as they were filtered', async (t) => {
  const cart = await makeCart(tillroll, [add('Quince jelly')])
  const page = await openDebugger(t, debug, '?q=Quince')
  const at = places(page)
  await at.row(cart).waitFor()
  await at.grid.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await until('it is open', () => page.url().includes(`/cart/${cart}`))
  await page.getByRole('slider', { name: 'Moment' }).waitFor()
  await page.keyboard.press('Escape')
  await until('the filter is there', () => said(page).get('q') === 'Quince')
  await at.row(cart).waitFor()
})
