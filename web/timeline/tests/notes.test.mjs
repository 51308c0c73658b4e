// What stands beside the events of a file: client records as the shopper saw them, notes that are kept, and links.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { until } from '../../tests/harness/index.mjs'
import { program } from '../../tests/harness/tillroll.mjs'
import { makeCart, openDebugger, shot, startDebugger, violations } from './debugger.mjs'
import { drop, saved } from './dropped.mjs'

const run = promisify(execFile)
const debug = await startDebugger()
const { tillroll } = debug

/** @param {import('node:test').TestContext} t */
const folder = async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'tillroll-notes-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

const clock = (/** @type {number} */ second) =>
  new Date(Date.parse('2026-03-02T09:14:00Z') + second * 1000).toISOString().replace('.000', '')

/**
 * A file of five events, a second apart; what each happened at may be told otherwise. Opened, milk, bread, milk 3, code.
 *
 * @param {{ happened?: Record<number, number>, source?: string, records?: object[], annotations?: object[] }} told
 */
const file = async ({ happened = {}, source = 'tillroll:api', records = [], annotations = [] }) => {
  const cart = await makeCart(tillroll, [
    { type: 'AddItem', data: { item_name: 'Oat milk', sku: 'milk', quantity: 2, price: { minor: 199 } } },
    { type: 'AddItem', data: { item_name: 'Rye bread', sku: 'rye', price: { minor: 320 } } },
    { type: 'ChangeQuantity', data: { sku: 'milk', quantity: 3 } },
    { type: 'RemoveItem', data: { sku: 'rye' } },
  ])
  const { events } = await tillroll.ask(`/carts/${cart}/events`)
  const retold = events.map((/** @type {{ sequence: number }} */ event) => ({
    ...event,
    source,
    time: clock(happened[event.sequence] ?? event.sequence * 10),
    recordedtime: clock(event.sequence * 10),
  }))
  return {
    header: { format_version: 1, cart_id: cart, exported_at: clock(100), redactions: [] },
    events: retold,
    ...(annotations.length > 0 ? { annotations } : {}),
    ...(records.length > 0 ? { client_records: records } : {}),
  }
}

/**
 * @param {import('node:test').TestContext} t
 * @param {Awaited<ReturnType<typeof file>>} document
 * @param {number} version
 * @param {Parameters<typeof openDebugger>[3]} [options]
 */
const optimistic = async (t, document, version, options) => {
  const page = await openDebugger(t, debug, 'file', options)
  await drop(page, 'shop.timeline.json', Buffer.from(JSON.stringify(document)))
  await page.getByText('shop.timeline.json', { exact: true }).waitFor()
  await page.getByRole('textbox', { name: /Go to an event/ }).fill(String(version))
  await page.keyboard.press('Enter')
  await page.getByRole('radio', { name: 'Optimistic' }).check()
  await page.getByRole('region', { name: 'On its way then' }).waitFor()
  return page
}

/** @param {import('playwright-core').Page} page */
const seen = (page) => ({
  way: page.getByRole('region', { name: 'On its way then' }),
  lines: page.getByRole('list', { name: 'Lines of the cart' }),
  total: page.getByRole('region', { name: 'State' }).locator('dd[data-total]'),
})

const RECORDS = [
  {
    status: 'refused',
    command_id: randomUUID(),
    type: 'ApplyDiscount',
    data: { code: 'SAVE10' },
    version: 3,
    at: clock(31),
    code: 'discount_unknown',
    details: { code: 'SAVE10' },
  },
  {
    status: 'refused',
    command_id: randomUUID(),
    type: 'AddItem',
    data: { item_name: 'Oat milk', sku: 'milk', quantity: 5 },
    version: 3,
    at: clock(32),
    code: 'price_changed',
    details: { sku: 'milk', from: { minor: 199, per: 1 }, to: { minor: 229, per: 1 } },
  },
  {
    status: 'pending',
    command_id: randomUUID(),
    type: 'ChangeQuantity',
    data: { sku: 'milk', quantity: 12 },
    version: 5,
    at: clock(71),
  },
]

test('a client’s records say what the shopper saw before the answer, and the core says what it came to', async (t) => {
  const document = await file({ records: RECORDS })
  const page = await optimistic(t, document, 3)
  const { way, lines, total } = seen(page)
  // Seven milk at 1.99, one bread at 3.20; the code is refused by the same rules.
  await until('the milk is there', async () => (await total.getAttribute('data-total')) === String(7 * 199 + 320))
  assert.match(
    String(await way.textContent()),
    /Add 5 Oat milk.*as the client recorded, sent 09:14:32.*It was refused later/,
  )
  assert.match(String(await way.textContent()), /Enter discount SAVE10/)
  await lines.locator('[data-sku=milk][data-mark=pending]').waitFor()
  assert.equal(await lines.locator('[data-sku=rye][data-mark]').count(), 0)
  await page.getByText('not saved yet', { exact: true }).waitFor()
  await until('the address says so', () => new URL(page.url()).searchParams.get('seen') === 'optimistic')
  assert.deepEqual(await violations(page), [])
  await shot(page, 'timeline-optimistic')
  // The refused command stands on the timeline, as a server's would.
  await page.locator('body').click({ position: { x: 1, y: 1 } })
  await page.keyboard.press('ArrowRight')
  await until('on the refusal', () => /r=/.test(page.url()))
  await way.getByText('Enter discount SAVE10').waitFor()
  await page
    .getByText(/There is no code “SAVE10”/)
    .first()
    .waitFor()
  // Behind the refusals it is gone; at the end there is what waits still.
  for (const [version, milk] of [
    [4, 3],
    [5, 12],
  ]) {
    await page.getByRole('textbox', { name: /Go to an event/ }).fill(String(version))
    await page.keyboard.press('Enter')
    await lines
      .locator('[data-sku=milk]')
      .getByText(new RegExp(`× ${milk}$`))
      .waitFor()
  }
  await page.getByRole('radio', { name: 'Confirmed' }).check()
  await lines.locator('[data-sku=milk]').getByText(/× 3$/).waitFor()
})

test('what two clocks tell is inferred and says so; an import waited for nobody', async (t) => {
  // Four and five happened while the cart stood at version 2; five was sent before four was written down.
  const happened = { 4: 25, 5: 28 }
  const page = await optimistic(t, await file({ happened }), 2)
  const { way, total } = seen(page)
  await until('three milk, no bread', async () => (await total.getAttribute('data-total')) === String(3 * 199))
  assert.match(String(await way.textContent()), /inferred from two clocks: happened 09:14:25.*written down 09:14:40/)
  const imported = await optimistic(t, await file({ happened, source: 'tillroll:import:till 7' }), 2)
  await seen(imported)
    .way.getByText(/nothing was on its way/)
    .waitFor()
})

test('notes and client records come back out of either form, and are masked as the header says', async (t) => {
  const annotations = [{ version: 3, text: 'Ms Doe called about this', author: 'support', at: clock(90) }]
  const document = await file({ records: RECORDS, annotations })
  const to = await folder(t)
  const page = await openDebugger(t, debug, 'file')
  await drop(page, 'noted.timeline.json', Buffer.from(JSON.stringify(document)))
  await page.getByText('noted.timeline.json', { exact: true }).waitFor()
  const [whole, packed] = [await saved(page, 'Save file as JSON', to), await saved(page, 'packed', to)]
  const again = JSON.parse(await readFile(whole, 'utf8'))
  assert.deepEqual(again.annotations, annotations)
  assert.deepEqual(again.client_records, RECORDS)
  const told = JSON.parse((await run(program, ['open', packed, '--json'])).stdout)
  assert.deepEqual(told.annotations, annotations)
  assert.deepEqual(told.client_records, RECORDS)
  await page.getByRole('checkbox', { name: 'Mask persons and names' }).check()
  const hidden = JSON.parse(await readFile(await saved(page, 'Save file as JSON', to), 'utf8'))
  assert.ok(!JSON.stringify(hidden).match(/Doe|Oat milk/), JSON.stringify(hidden.client_records))
  assert.deepEqual(hidden.header.redactions, [
    '/data/owner_ref',
    '/actor',
    '/data/item_name',
    '/client_records/data',
    '/annotations',
  ])
  assert.equal(hidden.client_records[1].data.item_name, hidden.events[1].data.item_name, 'equal names stay equal')
  await drop(page, 'wrong.timeline.json', Buffer.from(JSON.stringify({ ...document, annotations: [{ version: -1 }] })))
  await page
    .getByText(/Its annotation 1 does not read/)
    .first()
    .waitFor()
})

test('a small file is in its address, and so is what is asked of it by W', async (t) => {
  const document = await file({ records: RECORDS })
  const page = await openDebugger(t, debug, 'file')
  await drop(page, 'small.timeline.json', Buffer.from(JSON.stringify(document)))
  await until('the address carries it', () => /#h=/.test(page.url()))
  await page.getByRole('textbox', { name: /Go to an event/ }).fill('3')
  await page.keyboard.press('Enter')
  await page.getByRole('slider', { name: 'Moment' }).focus()
  await page.keyboard.press('w')
  await until('what if', () => new URL(page.url()).pathname === '/timeline/whatif')
  const edits = page.getByRole('region', { name: 'Edits' })
  await page
    .getByRole('grid', { name: 'Events as recorded and edited' })
    .locator('[aria-selected=true]', { hasText: 'Rye bread' })
    .waitFor()
  await page.keyboard.press('x')
  await edits.getByText('Leave out version 3').waitFor()
  await until('edits and history are in it', () => /#h=.*&e=/.test(page.url()))
  const other = await openDebugger(t, debug, page.url().split('/timeline/')[1] ?? '')
  await other.getByRole('region', { name: 'Edits' }).getByText('Leave out version 3').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('slider', { name: 'Moment' }).waitFor()
  assert.match(page.url(), /file(\?[^#]*)?#h=[^&]+$/)
})

test('a history too large for a link says so, and offers the file', async (t) => {
  const name = () => randomBytes(100).toString('hex')
  const items = Array.from({ length: 70 }, () => ({
    type: 'AddItem',
    data: { item_name: name(), price: { minor: 100 } },
  }))
  const cart = await makeCart(tillroll, items)
  const to = await folder(t)
  const page = await openDebugger(t, debug, `cart/${cart}`, { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('button', { name: 'as a link' }).click()
  await page.getByText('Too large for a link. The file carries it.').waitFor()
  const packed = await saved(page, 'packed', to)
  const offline = await openDebugger(t, debug, 'file')
  await drop(offline, 'large.timeline.bin', await readFile(packed))
  await offline.getByText('71 of 71').first().waitFor()
  assert.equal(new URL(offline.url()).hash, '')
  await offline.getByRole('slider', { name: 'Moment' }).focus()
  await offline.keyboard.press('y')
  await offline
    .getByText(/too large for a link/)
    .first()
    .waitFor({ state: 'attached' })
})
