// What a page exports of its cart opens with the command line: the server's events, and what only this client knew.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { add, BROKEN, dispatch, openCartPage, shows, startShop } from './cart-page.mjs'
import { openContext, program } from './harness/index.mjs'

/**
 * Writes what the page exports and asks the command line for it.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Page} page
 */
const exported = async (t, page) => {
  const text = await page.evaluate(() => cart.exportTimeline())
  const folder = await mkdtemp(join(tmpdir(), 'tillroll-export-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'cart.timeline.json')
  await writeFile(file, text)
  const said = (/** @type {string[]} */ ...args) => promisify(execFile)(program, args).then(({ stdout }) => stdout)
  return {
    events: JSON.parse(text).events,
    opened: JSON.parse(await said('open', file, '--json')),
    page: await said('open', file),
    story: await said('explain', '--file', file),
  }
}

test('a page’s export has the server’s events as they are, and opens', async (t) => {
  const shop = await startShop(t)
  const page = await openCartPage(t, shop.url)
  await dispatch(page, add('Tea', 2), add('Bread'))
  await shows(page, { pending: 0 })
  const { events, opened, story } = await exported(t, page)
  assert.deepEqual(events, await shop.tillroll.events(shop.cart))
  assert.deepEqual([opened.versions, opened.redactions, opened.client_records], [3, [], []])
  assert.deepEqual(opened.state, await shop.tillroll.ask(`/carts/${shop.cart}`))
  assert.match(story, /added 2 Tea/)
})

test('what waits, what was refused and what means something else now stands beside the events', async (t) => {
  const shop = await startShop(t)
  const context = await openContext(t)
  const page = await openCartPage(t, shop.url, { context, allow: BROKEN })
  await dispatch(page, add('Tea'))
  await shows(page, { pending: 0 })
  // The server hears of nothing that this page does from now on; the page hears of everything.
  await context.route('**/commands', (route) => route.abort())
  const [changed, waits] = await dispatch(
    page,
    { type: 'ChangeQuantity', data: { sku: 'tea', quantity: 5 } },
    add('Bread'),
  )
  await shop.does({ type: 'RemoveItem', data: { sku: 'tea' } })
  await shows(page, { version: 3, lines: ['1 bread'] })
  const online = await exported(t, page)
  assert.deepEqual(
    online.opened.client_records.map((/** @type {Record<string, unknown>} */ { at, ...record }) => record),
    [
      {
        status: 'rebased',
        command_id: changed,
        type: 'ChangeQuantity',
        data: { sku: 'tea', quantity: 5 },
        version: 3,
        code: 'line_not_found',
        details: { sku: 'tea' },
      },
      {
        status: 'pending',
        command_id: waits,
        type: 'AddItem',
        data: { item_name: 'Bread', sku: 'bread', quantity: 1, price: { minor: 250, per: 1 } },
        version: 3,
      },
    ],
  )
  assert.match(online.page, /after version 3: ChangeQuantity was decided again \(line_not_found\)/)

  await context.route('**/events*', (route) => route.abort())
  const offline = await exported(t, page)
  assert.deepEqual(offline.opened.client_records, online.opened.client_records)
  assert.deepEqual(offline.opened.state, online.opened.state)
  assert.deepEqual(offline.opened.redactions, ['/time', '/correlationid', '/causationid'])
  assert.match(offline.page, /left out of this file: \/time/)
  for (const name of ['id', 'recordedtime', 'commandid', 'commandhash', 'data']) {
    const kept = (/** @type {{ events: Record<string, unknown>[] }} */ { events }) => events.map((event) => event[name])
    assert.deepEqual(kept(offline), kept(online), name)
  }

  await context.unrouteAll({ behavior: 'ignoreErrors' })
  await shows(page, { pending: 0, attention: ['line_not_found'] })
  const [refused] = (await exported(t, page)).opened.client_records
  assert.deepEqual([refused.status, refused.command_id, refused.code], ['refused', changed, 'line_not_found'])
})
