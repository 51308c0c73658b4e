// Histories that are not as one would like them: clocks, names, pages and builds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openContext, openPage, startTillroll, until } from '../../tests/harness/index.mjs'
import { makeCart, openDebugger, shot, showPersons, violations } from './debugger.mjs'
import { longLife, serveHistory } from './history.mjs'
import { agreeOn, parts, standing } from './places.mjs'

/**
 * @param {import('../../tests/harness/ends.mjs').Whose} whose
 * @param {Parameters<typeof serveHistory>[1]} served
 * @param {string} [query]
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
const openHistory = async (whose, served, query = '', options = {}) => {
  const history = await serveHistory(whose, served)
  const context = await openContext(whose, {
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1440, height: 900 },
    ...options,
  })
  return openPage(whose, `${history.url}/timeline/cart/${history.cart}${query}`, { context, allow: [/503|404/] })
}

/** The night in which clocks in Berlin are put back: 02:30 is twice; then two at one instant, and one out of order. */
const TIMES = [
  '2026-10-25T00:30:00Z',
  '2026-10-25T01:30:00Z',
  '2026-10-25T02:30:00Z',
  '2026-10-25T02:30:00Z',
  '2026-10-25T02:10:00Z',
  '2026-10-25T03:00:00Z',
]
const timed = (/** @type {number} */ version) => ({
  ...longLife(version),
  ...(version === 1 ? {} : { type: 'ItemAdded', data: { sku: 'tea', item_name: 'Tea' } }),
  time: TIMES[version - 1] ?? '',
})

test('time seeking finds the last event that had happened: UTC, local over a change of the clock, equal and disordered times', async (t) => {
  const page = await openHistory(t, { length: 6, told: timed }, '?v=6')
  await agreeOn(page, 6)
  const { goTo } = parts(page)
  const seek = async (/** @type {string} */ typed, /** @type {number} */ version) => {
    await goTo.fill(typed)
    await goTo.press('Enter')
    await agreeOn(page, version)
  }
  await seek('00:30', 1)
  await seek('01:29:59', 1)
  await seek('2026-10-25 02:30', 5)
  await seek('02:30', 5)
  await seek('02:05', 2)
  await seek('2026-10-25T04:00:00+01:00', 6)
  await page.getByRole('radio', { name: 'Local' }).check({ force: true })
  await seek('03:30', 5)
  await seek('04:00', 6)
  await goTo.fill('nonsense')
  await goTo.press('Enter')
  assert.equal(await goTo.getAttribute('aria-invalid'), 'true')
  await agreeOn(page, 6)
})

test('one time zone holds everywhere: list, slider, inspector and axis', async (t) => {
  const page = await openHistory(t, { length: 6, told: timed }, '?v=2&axis=time')
  await agreeOn(page, 2)
  const inspector = page.getByRole('region', { name: 'Inspector' })
  const { selected, slider } = parts(page)
  const says = async (/** @type {RegExp} */ when) => {
    await until(`everything says ${when}`, async () => when.test(String(await slider.getAttribute('aria-valuetext'))))
    assert.match(String(await selected.textContent()), when)
    assert.match(String(await inspector.textContent()), when)
  }
  await says(/01:30:00/)
  await page.getByRole('radio', { name: 'Local' }).check({ force: true })
  await says(/02:30:00/)
  assert.match(String(await inspector.textContent()), /\+01:00/, 'which of both half past two it was')
  await page.keyboard.press('ArrowLeft')
  await agreeOn(page, 1)
  assert.match(String(await inspector.textContent()), /02:30:00.*\+02:00/)
  await page.getByRole('radio', { name: 'Relative' }).check({ force: true })
  await says(/before|after/)
})

test('an event that came out of order is marked where it stands', async (t) => {
  const page = await openHistory(t, { length: 6, told: timed }, '?v=5')
  await agreeOn(page, 5)
  assert.match(String(await parts(page).selected.textContent()), /out of order/)
  assert.match(
    String(await page.getByRole('region', { name: 'Inspector' }).textContent()),
    /before the event that it follows/,
  )
})

test('hostile text in events stays text, in every side of the page', async (t) => {
  const script = '<script>document.title="owned"</script><img src=x onerror=document.title="owned">'
  const bidi = 'abc\u202Egnp.exe\u2066'
  const long = 'W'.repeat(256)
  const names = [script, bidi, long, '{{7*7}}', '/~0~1/']
  const told = (/** @type {number} */ version) =>
    version === 1
      ? { type: 'CartOpened', data: { currency: 'EUR', owner_ref: script } }
      : {
          type: 'ItemAdded',
          actor: script,
          data: { sku: names[version - 2], item_name: names[version - 2], quantity: 1, price: { minor: 100, per: 1 } },
        }
  const page = await openHistory(t, { length: 6, told }, '?v=6')
  await agreeOn(page, 6)
  await page.getByText(String.raw`Added 1 abc\u{202e}gnp.exe\u{2066} (€1.00)`).first().waitFor()
  await showPersons(page, 'to see names')
  await page.getByText('shown, and recorded').waitFor()
  for (const name of ['Lines and totals', 'Tree', 'Raw', 'As the shopper saw it', 'Diff', 'Why', 'Causes', 'Event']) {
    await page.getByRole('tab', { name }).click()
    for (let version = 6; version > 1; version -= 1) {
      await parts(page).slider.fill(String(version))
      await agreeOn(page, version)
    }
    assert.notEqual(await page.title(), 'owned', name)
    assert.equal(await page.locator('script:not([src]), img[onerror]').count(), 0, name)
    const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    assert.equal(wide, seen, `${name}: a long name pushes nothing away`)
  }
  assert.deepEqual(await violations(page), [])
  await shot(page, 'timeline-hostile')
})

test('what cannot be decoded ends the fold there, and the page says so', async (t) => {
  const broken = (/** @type {number} */ after) => (after === 40 ? 'cut' : undefined)
  const page = await openHistory(t, { length: 100, pageEvents: 20, told: longLife, broken }, '?v=40')
  await page
    .getByRole('alert')
    .filter({ hasText: /cannot be read, so the fold stops there/ })
    .waitFor()
  const { max } = await agreeOn(page, 40)
  assert.ok(max >= 40 && max < 60, `what came before the damage is here: ${max}`)
  await shot(page, 'timeline-undecodable')
  assert.deepEqual(await violations(page), [])
})

test('what could not be fetched is hatched, and can be fetched again', async (t) => {
  let gone = true
  const broken = (/** @type {number} */ after) => (gone && after === 60 ? 'gone' : undefined)
  const page = await openHistory(t, { length: 100, pageEvents: 20, told: longLife, broken }, '?v=30')
  await page
    .getByRole('alert')
    .filter({ hasText: /Only 60 of 100 events are here/ })
    .waitFor()
  await agreeOn(page, 30)
  await shot(page, 'timeline-partial')
  gone = false
  await page.getByRole('button', { name: 'Try again' }).click()
  await until('all are here', async () => (await parts(page).slider.getAttribute('max')) === '100')
  assert.equal(await page.getByRole('alert').filter({ hasText: /Only/ }).count(), 0)
  await page.getByText('as on the server', { exact: true }).waitFor()
})

test('an event of a newer build is kept, named, and said not to be folded; other rules are marked', async (t) => {
  const told = (/** @type {number} */ version) => ({
    ...(version === 5 ? { type: 'ItemWeighed', data: { grams: 120 } } : longLife(version)),
    reducer: version < 8 ? '73e4e42bd7f39517' : 'aaaaaaaaaaaaaaaa',
  })
  const page = await openHistory(t, { length: 12, told }, '?v=5')
  await agreeOn(page, 5)
  await page.getByText('ItemWeighed: something that this build does not know').first().waitFor()
  await page.getByText(/have names that this build does not know|has names|One event up to here/).waitFor()
  await shot(page, 'timeline-unknown')
  await parts(page).slider.fill('8')
  await agreeOn(page, 8)
  assert.match(String(await parts(page).selected.textContent()), /new rules/)
})

test('every change of the rules is marked at its very event, for however few events others held', async (t) => {
  const rules = (/** @type {number} */ version) =>
    version === 1_234 || version > 2_990 ? 'bbbbbbbbbbbbbbbb' : 'aaaaaaaaaaaaaaaa'
  const told = (/** @type {number} */ version) => ({ ...longLife(version), reducer: rules(version) })
  const page = await openHistory(t, { length: 3_000, told }, '?v=1234')
  await agreeOn(page, 1_234)
  for (const version of [1_234, 1_235, 2_991]) {
    await parts(page).slider.fill(String(version))
    await agreeOn(page, version)
    assert.match(String(await parts(page).selected.textContent()), /new rules/, String(version))
  }
  await page.getByRole('button', { name: 'Previous event' }).click()
  await agreeOn(page, 2_990)
  assert.doesNotMatch(String(await parts(page).selected.textContent()), /new rules/)
})

test('who goes step by step finds the next moment here: position and state are drawn together', async (t) => {
  const page = await openHistory(t, { length: 500, told: longLife }, '?v=250')
  await agreeOn(page, 250)
  const step = () =>
    page.evaluate(async () => {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }))
      // No message of a worker comes before the end of this task.
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
      const slider = /** @type {HTMLInputElement | null} */ (document.querySelector('input[type=range]'))
      const stands = Number(slider?.value ?? Number.NaN)
      const state = document.querySelector('[data-version][aria-busy]')
      return { stands, shows: Number(state?.getAttribute('data-version')), busy: state?.getAttribute('aria-busy') }
    })
  await step()
  await until('a step is answered at once', async () => {
    const { busy, shows, stands } = await step()
    return busy === 'false' && shows === stands
  })
  await standing(page)
})

test('of a life that is too large to be kept whole, the details of any event are there again', async (t) => {
  const padding = 'x'.repeat(100_000)
  const told = (/** @type {number} */ version) =>
    version === 1
      ? longLife(1)
      : { type: 'ItemWeighed', source: `scales:${version}`, data: { grams: version, padding } }
  /** @type {number[]} */
  const asked = []
  const broken = (/** @type {number} */ after) => void asked.push(after)
  const page = await openHistory(t, { length: 400, pageEvents: 50, told, broken }, '?v=400')
  await until('all are here', async () => (await parts(page).slider.getAttribute('max')) === '400')
  await agreeOn(page, 400)
  const inspector = page.getByRole('region', { name: 'Inspector' })
  for (const version of [2, 210, 399]) {
    await parts(page).slider.fill(String(version))
    await agreeOn(page, version)
    await inspector.getByText(`scales:${version}`, { exact: true }).waitFor()
    await parts(page)
      .selected.getByText(/ItemWeighed: something/)
      .waitFor()
  }
  assert.ok(asked.filter((after) => after === 0).length > 1, `fetched were the pages behind ${asked}`)
})

test('a long life has few rows in the page, and any of it is reached', async (t) => {
  const length = 20_000
  const page = await openHistory(t, { length, told: longLife }, '?v=12345&state=tree')
  await until('all are here', async () => (await parts(page).slider.getAttribute('max')) === String(length))
  await agreeOn(page, 12_345)
  for (const version of [1, length, 7_777]) {
    await parts(page).slider.fill(String(version))
    await agreeOn(page, version)
    const rows = await page.locator('[role=row], [role=treeitem]').count()
    assert.ok(rows < 120, `${rows} rows are in the page`)
  }
  await shot(page, 'timeline-long')
  await parts(page).filter.fill('type:discount')
  await until('the filter holds', async () => Number(await parts(page).slider.getAttribute('max')) < 500)
  await standing(page)
  await shot(page, 'timeline-long-filtered')
})

test('the first load is less than 250 kB by brotli', async (t) => {
  const tillroll = await startTillroll(t)
  const cart = await makeCart(tillroll, [{ type: 'AddItem', data: { item_name: 'Tea' } }])
  const context = await openContext(t)
  /** @type {Map<string, number>} */
  const sizes = new Map()
  context.on('response', async (response) => {
    const { pathname } = new URL(response.url())
    if (pathname.startsWith('/timeline/'))
      sizes.set(pathname, Number((await response.allHeaders())['content-length'] ?? 0))
  })
  const page = await openDebugger(t, { tillroll }, `cart/${cart}`, { context })
  await page.locator('[data-version][aria-busy=false]').waitFor()
  const bytes = await until('every size is known', () => {
    const all = [...sizes.values()]
    return all.some((size) => size > 30_000) ? all.reduce((sum, size) => sum + size, 0) : 0
  })
  t.diagnostic(`${bytes} bytes: ${[...sizes].map(([name, size]) => `${name} ${size}`).join(', ')}`)
  assert.ok(bytes < 250_000, `${bytes} bytes`)
  assert.ok(
    [...sizes.keys()].some((name) => name.endsWith('.wasm')),
    'with the wasm',
  )
})
