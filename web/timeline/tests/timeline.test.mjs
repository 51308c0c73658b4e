// The life of one cart, as somebody at a desk looks at it, against the whole system.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTillroll, until } from '../../tests/harness/index.mjs'
import {
  CATALOGUE,
  command,
  makeCart,
  openDebugger,
  shot,
  showPersons,
  startDebugger,
  violations,
} from './debugger.mjs'
import { agreeOn, parts, standing } from './places.mjs'

const debug = await startDebugger({ catalogue: CATALOGUE })
const { tillroll } = debug

const TEA = { item_name: 'Green tea', sku: 'tea', quantity: 2 }
const BREAD = { item_name: 'Rye bread', sku: 'bread' }

/** Eight events, and two refused commands: behind the third and behind the sixth. */
const LIFE = [
  { type: 'AddItem', data: TEA },
  { type: 'AddItem', data: BREAD },
  { type: 'RemoveItem', data: { sku: 'coffee' } },
  { type: 'ChangeQuantity', data: { sku: 'tea', quantity: 5 } },
  { type: 'ApplyDiscount', data: { code: 'TEN' } },
  { type: 'ClaimCart', data: { owner_ref: 'customer-4711' } },
  { type: 'ApplyDiscount', data: { code: 'NOPE' } },
  { type: 'RemoveItem', data: { sku: 'bread' } },
  { type: 'AddItem', data: { ...TEA, quantity: 1 } },
]

/** Totals by version, as the server has them. */
const totalsOf = async (/** @type {string} */ cart, /** @type {number} */ length) => {
  const totals = [0]
  for (let version = 1; version <= length; version += 1) {
    totals.push((await tillroll.ask(`/carts/${cart}?version=${version}`)).total_minor)
  }
  return totals
}

test('slider, list and state agree, whichever of them is moved', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const totals = await totalsOf(cart, 8)
  const page = await openDebugger(t, debug, `cart/${cart}?v=2`)
  const { slider, list, total, goTo } = parts(page)
  const agree = async (/** @type {number} */ version) => {
    await agreeOn(page, version)
    assert.equal(Number(await total.getAttribute('data-total')), totals[version], `the total at ${version}`)
  }
  await agree(2)
  await list.getByRole('row', { name: /instead of 2/ }).click()
  await agree(4)
  await slider.focus()
  await page.keyboard.press('ArrowRight')
  await agree(5)
  await slider.fill('1')
  await agree(1)
  await goTo.fill('7')
  await goTo.press('Enter')
  await agree(7)
  await page.getByRole('button', { name: 'Next event' }).click()
  await agree(8)
  const band = await page.locator('canvas').nth(1).boundingBox()
  assert.ok(band)
  await page.mouse.click(band.x + (band.width * 3) / 8, band.y + 20)
  await agree(3)
  await page.mouse.move(band.x + (band.width * 3) / 8, band.y + 20)
  await page.mouse.down()
  await page.mouse.move(band.x + (band.width * 6) / 8, band.y + 20, { steps: 12 })
  await page.mouse.up()
  await agree(6)
})

test('a refused command stands behind the event it was judged on, with its reason and that state', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const page = await openDebugger(t, debug, `cart/${cart}?v=3`)
  const { slider, total, selected } = parts(page)
  await standing(page)
  await page.keyboard.press('r')
  await until('the refusal is stood on', async () =>
    /refused: the cart has no line/.test(String(await selected.textContent())),
  )
  const { text, state } = await standing(page)
  assert.match(text, /^refused after event 3 of 8, the cart has no line "coffee"/)
  assert.equal(state, 3)
  assert.equal(await total.getAttribute('data-total'), '1018')
  const inspector = page.getByRole('region', { name: 'Inspector' })
  assert.match(String(await inspector.textContent()), /line_not_found/)
  await until('the refusal is in the address', () => new URL(page.url()).searchParams.has('r'))
  const link = page.url()
  await page.keyboard.press('r')
  await until('the next one is stood on', async () => /NOPE/.test(String(await selected.textContent())))
  const again = await openDebugger(t, debug, link.slice(link.indexOf('cart/')))
  await until('the link leads to the refusal', async () =>
    /after event 3/.test(String(await parts(again).slider.getAttribute('aria-valuetext'))),
  )
  assert.equal(await slider.getAttribute('max'), '10')
})

test('filters agree with slider, keys and band, and leave nobody on what does not pass', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const page = await openDebugger(t, debug, `cart/${cart}?v=5`)
  const { filter, slider } = parts(page)
  await standing(page)
  for (const [typed, versions, refused] of /** @type {[string, number[], number][]} */ ([
    ['type:item', [2, 3, 4, 7, 8], 1],
    ['-type:item is:refused', [], 1],
    ['sku:tea', [2, 4, 8], 0],
    ['"rye bread"', [3], 0],
    ['-sku:tea type:item -is:refused', [3, 7], 0],
    ['is:unchanged', [], 2],
  ])) {
    await filter.fill(typed)
    await until(`the filter ${typed} is in the address`, () => new URL(page.url()).searchParams.get('f') === typed)
    const counted = versions.length + refused
    await until(`${typed} leaves ${counted}`, async () => Number(await slider.getAttribute('max')) === counted)
    if (versions.length === 0) continue
    await page
      .getByRole('button', { name: 'Before the first event' })
      .click({ force: true })
      .catch(() => {})
    await slider.focus()
    await page.keyboard.press('Home')
    const walked = []
    for (let step = 0; step < counted; step += 1) {
      await page.keyboard.press('ArrowRight')
      const { said, text, state } = await standing(page)
      assert.equal(said, state)
      if (!text.startsWith('refused')) walked.push(said)
    }
    assert.deepEqual(walked, versions, typed)
  }
})

test('a deep link restores everything', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const words = 'v=4&a=2&b=7&f=type%3Aitem&field=%2Ftotal_minor&state=tree&tab=diff&diff=ab&axis=time&w=20000-90000'
  const page = await openDebugger(t, debug, `cart/${cart}?${words}`)
  await agreeOn(page, 4)
  assert.equal(await parts(page).filter.inputValue(), 'type:item')
  assert.equal(await page.getByRole('tab', { name: 'Tree' }).getAttribute('aria-selected'), 'true')
  assert.match(
    String(await page.getByRole('region', { name: 'Inspector' }).textContent()),
    /From version 2 to version 7/,
  )
  assert.equal(await page.getByRole('button', { name: 'By time' }).getAttribute('aria-pressed'), 'true')
  assert.equal(await page.getByRole('treeitem', { name: /^total_minor 2065/ }).getAttribute('aria-selected'), 'true')
  assert.equal(new URL(page.url()).search, `?${words}`, 'and nothing of it was rewritten')
})

test('the keyboard alone finds out what happened, why, and what changed', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const page = await openDebugger(t, debug, `cart/${cart}`)
  await agreeOnEnd(page)
  await page.keyboard.press('Home')
  assert.equal((await standing(page)).place, 0)
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await agreeOn(page, 2)
  await page.keyboard.press('[')
  await page.keyboard.press('g')
  await page.keyboard.type('6')
  await page.keyboard.press('Enter')
  await agreeOn(page, 6)
  await page.keyboard.press(']')
  await page.keyboard.press('d')
  const inspector = page.getByRole('region', { name: 'Inspector' })
  await inspector.getByText('From version 5 to version 6').waitFor()
  await page.getByRole('tab', { name: 'As the shopper saw it' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.getByRole('tree', { name: 'State' }).focus()
  await page.keyboard.press('End')
  for (let up = 0; up < 3; up += 1) await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await until('a field is picked', () => new URL(page.url()).searchParams.get('field'))
  await page.keyboard.press('Escape')
  await until('Escape leads back to the carts', () => new URL(page.url()).pathname === '/timeline/')
})

test('the next change of the picked field is found by keys', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const page = await openDebugger(t, debug, `cart/${cart}?v=1&field=%2Flines%2Ftea%2Fquantity&tab=why`)
  await agreeOn(page, 1)
  for (const version of [2, 4, 8]) {
    await page.keyboard.press('Shift+ArrowRight')
    await agreeOn(page, version)
  }
  await page.keyboard.press('Shift+ArrowLeft')
  await agreeOn(page, 4)
  const set = await page
    .getByRole('list', { name: 'Events that set it' })
    .getByRole('button')
    .locator('bdi')
    .allTextContents()
  assert.deepEqual(set, ['6', '5', '2'])
})

test('a life is played to its end, faster and slower, and stops there', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const page = await openDebugger(t, debug, `cart/${cart}?v=0`, { reducedMotion: 'reduce' })
  await until('it stands before the first event', async () => (await standing(page)).place === 0)
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('16')
  await page.keyboard.press(' ')
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await agreeOn(page, 8)
  await page.getByRole('button', { name: 'Play' }).waitFor()
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('real')
  await page.getByRole('button', { name: 'Play' }).click()
  await until('it begins anew', async () => (await standing(page)).said < 8)
  await until('it comes to the end again', async () => (await standing(page)).said === 8)
  await agreeOn(page, 8)
})

test('persons are masked until somebody asks, and that is said', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const page = await openDebugger(t, debug, `cart/${cart}?v=6&state=raw`)
  await agreeOn(page, 6)
  const body = page.locator('body')
  await page.getByText('Taken over by •••').first().waitFor()
  assert.doesNotMatch(String(await body.textContent()), /customer-4711/)
  await page.getByRole('button', { name: 'Personal data' }).click()
  const dialog = page.getByRole('dialog', { name: 'Show references to persons' })
  await dialog.getByRole('button', { name: 'Show them' }).click()
  assert.ok(await dialog.isVisible(), 'not without a reason')
  assert.deepEqual(await violations(page), [])
  await shot(page, 'timeline-disclosure-light')
  await dialog.getByRole('button', { name: 'Leave it' }).click()
  assert.doesNotMatch(String(await body.textContent()), /customer-4711/)
  await showPersons(page, 'ticket 4711')
  await page.getByText('Taken over by customer-4711').first().waitFor()
  assert.match(String(await body.textContent()), /"owner_ref": "customer-4711"/)
  await until('it is said', async () =>
    (await page.locator('[data-announcer]').allTextContents()).join().includes('are shown'),
  )
  const { operations } = await tillroll.ask('/operations')
  assert.deepEqual([operations[0].kind, operations[0].reason], ['disclose', 'ticket 4711'])
  await page.getByRole('button', { name: 'Personal data' }).click()
  await page.getByText('Taken over by •••').first().waitFor()
  await showPersons(page, 'ticket 4711, once more')
  await page.getByText('Taken over by customer-4711').first().waitFor()
  await page.reload()
  await page.getByText('Taken over by •••').first().waitFor()
  assert.doesNotMatch(String(await body.textContent()), /customer-4711/, 'a page that is loaded anew masks again')
})

test('the live tail drops nothing of a burst, and following stays at its end', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const page = await openDebugger(t, debug, `cart/${cart}?v=3`)
  await page.locator('[data-live=live]').waitFor()
  await agreeOn(page, 3)
  const burst = Array.from({ length: 120 }, (_, nth) => ({
    type: 'ChangeQuantity',
    data: { sku: 'tea', quantity: nth + 10 },
  }))
  await command(tillroll, cart, burst)
  const { list } = parts(page)
  await until('all have come', async () => Number(await list.getAttribute('aria-rowcount')) - 1 === 128 + 2)
  assert.equal((await standing(page)).said, 3, 'and one stands where one stood')
  await page.keyboard.press('l')
  await agreeOn(page, 128)
  await command(tillroll, cart, burst)
  await agreeOn(page, 248)
  await page.keyboard.press('ArrowLeft')
  await agreeOn(page, 247)
})

test('what is not there, and a server that is gone, are told with what to do', async (t) => {
  const none = await openDebugger(t, debug, 'cart/6ba7b810-9dad-41d1-80b4-00c04fd430c8')
  await none.getByRole('heading', { name: 'There is no such cart' }).waitFor()
  assert.deepEqual(await violations(none), [])
  await shot(none, 'timeline-missing')
  const mortal = await startTillroll(t)
  const cart = await makeCart(mortal, LIFE)
  const page = await openDebugger(t, { tillroll: mortal }, `cart/${cart}`)
  await page.locator('[data-live=live]').waitFor()
  await mortal.kill()
  await page.locator('[data-live=stale]').waitFor()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  await agreeOn(page, 1)
  await shot(page, 'timeline-stale')
})

test('in a narrow window list and inspector are drawers, and everything works', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const page = await openDebugger(t, debug, `cart/${cart}?v=4`, { viewport: { width: 390, height: 844 } })
  await page.locator('[data-version][aria-busy=false]').waitFor()
  await shot(page, 'timeline-narrow')
  await page.getByRole('button', { name: 'Events' }).click()
  const dialog = page.getByRole('dialog', { name: 'Events' })
  await dialog
    .getByRole('row', { name: /Rye bread/ })
    .first()
    .click()
  await shot(page, 'timeline-narrow-list')
  assert.deepEqual(await violations(page), [])
  await page.keyboard.press('Escape')
  await until('the state followed', async () => (await parts(page).state.getAttribute('data-version')) === '3')
  await page.getByRole('button', { name: 'Inspector' }).click()
  await page.getByRole('dialog', { name: 'Inspector' }).getByText('Rye bread').first().waitFor()
  await shot(page, 'timeline-narrow-inspector')
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
  assert.equal(wide, seen, 'nothing is scrolled sideways')
})

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`nothing is wrong with any side of the timeline, ${colorScheme}`, async (t) => {
    const cart = await makeCart(tillroll, LIFE)
    const page = await openDebugger(t, debug, `cart/${cart}?v=5&a=3&field=%2Ftotal_minor`, { colorScheme })
    await agreeOn(page, 5)
    for (const name of [
      'Lines and totals',
      'Tree',
      'Raw',
      'As the shopper saw it',
      'Diff',
      'Why',
      'Causes',
      'Delivery',
    ]) {
      await page.getByRole('tab', { name }).click()
      await page.locator('[data-version][aria-busy=false]').waitFor()
      assert.deepEqual(await violations(page), [], name)
      await shot(page, `timeline-${name.toLowerCase().replaceAll(' ', '-')}-${colorScheme}`)
    }
  })
}

/** @param {import('playwright-core').Page} page */
const agreeOnEnd = async (page) => {
  await until('all is here', async () => (await standing(page)).state === 8)
}

test('a closed cart opens like any other, agrees with the server, and is not followed', async (t) => {
  const cart = await makeCart(tillroll, [
    { type: 'AddItem', data: { item_name: 'Green tea', sku: 'tea' } },
    { type: 'CloseCart' },
  ])
  const page = await openDebugger(t, debug, `cart/${cart}?v=3`)
  await agreeOn(page, 3)
  await page.getByText('as on the server', { exact: true }).waitFor()
  assert.equal(await page.locator('[data-live]').count(), 0)
})
