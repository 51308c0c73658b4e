// Timeline files on a page that asks no server: dropped, saved, masked, and carried by a link.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
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

const LIFE = [
  { type: 'AddItem', data: { item_name: 'Oat <b>milk</b>', sku: 'oat-milk', quantity: 2, price: { minor: 199 } } },
  { type: 'ClaimCart', data: { owner_ref: 'customer-4711' } },
  { type: 'AddItem', data: { item_name: 'Rye bread', sku: 'rye', price: { minor: 320 } } },
]

/** @param {import('node:test').TestContext} t */
const folder = async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'tillroll-files-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

const opened = async (/** @type {string} */ path) => JSON.parse((await run(program, ['open', path, '--json'])).stdout)

test('either form is dropped anywhere and opens without a server; what comes back is what went in', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const to = await folder(t)
  const json = await tillroll.ask(`/carts/${cart}/events`)
  const header = { format_version: 1, cart_id: cart, exported_at: null, redactions: [] }
  const document = JSON.stringify({ header, events: json.events ?? json })
  const page = await openDebugger(t, debug, 'file')
  /** @type {string[]} */
  const asked = []
  page.on('request', (request) => /\/carts\//.test(request.url()) && asked.push(request.url()))
  await drop(page, 'mine.timeline.json', Buffer.from(document))
  await page.getByText('mine.timeline.json', { exact: true }).waitFor()
  await page.getByText(cart).first().waitFor()
  assert.equal(new URL(page.url()).pathname, '/timeline/file')
  const [whole, packed] = [await saved(page, 'Save file as JSON', to), await saved(page, 'packed', to)]
  assert.deepEqual(JSON.parse(await readFile(whole, 'utf8')).events, JSON.parse(document).events)
  assert.deepEqual((await opened(whole)).state, await tillroll.ask(`/carts/${cart}`))
  assert.deepEqual((await opened(packed)).state, await tillroll.ask(`/carts/${cart}`))
  await drop(page, 'other.timeline.bin', await readFile(packed))
  await page.getByText('other.timeline.bin', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Personal data' }).click()
  await page.getByText('shown; of a file nothing is recorded').waitFor()
  assert.deepEqual(asked, [], 'no server was asked')
  assert.equal(await page.locator('b', { hasText: 'milk' }).count(), 0)
})

test('a masked file names no person and no thing, says so, and opens', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const to = await folder(t)
  const packed = await (
    await fetch(`${tillroll.url}/carts/${cart}/events`, { headers: { accept: 'application/vnd.tillroll.packed' } })
  ).arrayBuffer()
  const page = await openDebugger(t, debug, 'file')
  await drop(page, 'cart.timeline.bin', new Uint8Array(packed))
  await page.getByRole('checkbox', { name: 'Mask persons and names' }).check()
  for (const button of ['Save file as JSON', 'packed']) {
    const path = await saved(page, button, to)
    const text = await readFile(path, 'latin1')
    for (const secret of ['customer-4711', 'Rye bread', 'milk</b>'])
      assert.ok(!text.includes(secret), `${secret} in ${path}`)
    const file = await opened(path)
    assert.deepEqual(file.redactions, ['/data/owner_ref', '/actor', '/data/item_name'])
    assert.equal(file.state.total_minor, 718)
  }
})

test('the life of a cart on the server is saved from its timeline', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const to = await folder(t)
  const page = await openDebugger(t, debug, `cart/${cart}`)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('dialog', { name: "Save this cart's life" }).waitFor()
  assert.deepEqual(await violations(page), [])
  await shot(page, 'timeline-save')
  const whole = await saved(page, 'Save life as JSON', to)
  assert.deepEqual((await opened(whole)).state, await tillroll.ask(`/carts/${cart}`))
})

test('a fork is a file that says that it never was', async (t) => {
  const to = await folder(t)
  const edits = Buffer.from(JSON.stringify([{ edit: 'drop', version: 2 }])).toString('base64url')
  // A packed file is read byte by byte: what an id ends with must not matter.
  for (const end of ['00', '7f', '80', 'ff']) {
    const cart = await makeCart(tillroll, LIFE, { cart: randomUUID().slice(0, -2) + end })
    for (const button of end === 'ff' ? ['Save fork as JSON', 'packed'] : ['packed']) {
      const page = await openDebugger(t, debug, `whatif/${cart}#e=${edits}`)
      await page.getByText('Leave out version 2').waitFor()
      const path = await saved(page, button, to)
      const text = await readFile(path, 'utf8')
      const asked = '"hypothetical":{"mode":"decide_again","recorded_version":4,"edits":[{"edit":"drop","version":2}]}'
      assert.ok(text.includes(asked), text.slice(0, 500))
      await drop(page, 'fork', await readFile(path))
      await page.getByText(/Hypothetical: this never happened so/).waitFor()
      await page.getByText('3 of 3').first().waitFor()
    }
  }
})

test('a link carries a small history itself; a damaged one says so', async (t) => {
  const cart = await makeCart(tillroll, LIFE)
  const page = await openDebugger(t, debug, `whatif/${cart}`, { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.getByRole('button', { name: 'as a link' }).click()
  await until('it is copied', async () => /#h=/.test(await page.evaluate(() => navigator.clipboard.readText())))
  const link = await page.evaluate(() => navigator.clipboard.readText())
  const other = await openDebugger(t, debug, link.split('/timeline/')[1] ?? '')
  await other.getByText('From a link').waitFor()
  await other.getByText(cart).first().waitFor()
  await other.getByRole('button', { name: 'What if' }).click()
  await other.getByText('from the link').waitFor()
  const damaged = await openDebugger(t, debug, `file#h=${link.split('#h=')[1]?.slice(0, 60)}`)
  await damaged.getByText('This link carries nothing that can be read').waitFor()
})

test('a file that is none says what is wrong; the empty screen offers to choose one', async (t) => {
  const to = await folder(t)
  const page = await openDebugger(t, debug, 'file')
  await page.getByText('Open a timeline file').waitFor()
  assert.deepEqual(await violations(page), [])
  await shot(page, 'file-empty')
  for (const [name, text, said] of /** @type {const} */ ([
    ['sales.csv', 'a,b\n', /It begins neither with \{ nor/],
    ['cut.json', '{"header":', /Its JSON does not read/],
    ['other.json', '{"a":1}', /there is no header with a cart/],
    [
      'newer.json',
      '{"header":{"format_version":2,"cart_id":"00000000-0000-4000-8000-000000000001"},"events":[]}',
      /version 2/,
    ],
    ['cut.bin', 'tillroll\u0001', /was not opened/],
  ])) {
    await drop(page, name, Buffer.from(text))
    await page.getByRole('paragraph').filter({ hasText: said }).first().waitFor()
  }
  const file = join(to, 'chosen.json')
  await writeFile(file, '[]')
  await page.locator('input[type=file]').setInputFiles(file)
  await page.getByRole('paragraph').filter({ hasText: 'chosen.json was not opened' }).first().waitFor()
})
