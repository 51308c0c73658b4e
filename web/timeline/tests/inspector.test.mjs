// The inspector: how an event was read, and what is different as a patch that works elsewhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../tests/harness/index.mjs'
import { command, makeCart, openDebugger, startDebugger, violations } from './debugger.mjs'
import { serveHistory } from './history.mjs'

const debug = await startDebugger()
const { tillroll } = debug

/**
 * RFC 6902, as far as the page makes use of it.
 *
 * @param {any} state
 * @param {readonly { op: string, path: string, value?: unknown }[]} patch
 */
const applied = (state, patch) => {
  const made = structuredClone(state)
  for (const { op, path, value } of patch) {
    const names = path
      .split('/')
      .slice(1)
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = names.pop() ?? ''
    const of = names.reduce((inside, name) => inside[name], made)
    if (Array.isArray(of)) {
      const at = Number(last)
      if (op === 'add') of.splice(at, 0, value)
      else if (op === 'remove') of.splice(at, 1)
      else of[at] = value
    } else if (op === 'remove') delete of[last]
    else of[last] = value
  }
  return made
}

test('the difference is copied as a JSON Patch that makes the one state of the other', async (t) => {
  const item = (/** @type {string} */ name, minor = 100) => ({
    type: 'AddItem',
    data: { item_name: name, price: { minor } },
  })
  const cart = await makeCart(tillroll, [item('a/b'), item('c~d'), item('e')])
  const states = [await tillroll.ask(`/carts/${cart}`)]
  await command(tillroll, cart, [
    { type: 'RemoveItem', data: { sku: 'a/b' } },
    item('f', 250),
    { type: 'ChangeQuantity', data: { sku: 'e', quantity: 4 } },
    { type: 'CloseCart' },
  ])
  states.push((await tillroll.ask(`/carts/${cart}`)).state)
  const page = await openDebugger(t, debug, `cart/${cart}?v=8&a=4&tab=diff&diff=a`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await page.getByText('JSON Patch', { exact: true }).click()
  await page.getByRole('button', { name: 'Copy JSON Patch' }).click()
  await until('it is copied', async () => /"op"/.test(await page.evaluate(() => navigator.clipboard.readText())))
  const patch = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))
  assert.deepEqual(applied(states[0], patch), states[1])
  assert.deepEqual(await violations(page), [])
})

test('the event part says which shape an event has, what was filled in, and what was not read', async (t) => {
  const told = [
    { type: 'CartOpened' },
    { type: 'ItemAdded', data: { item_name: 'Oat milk' } },
    {
      type: 'ItemAdded',
      data: { item_name: 'Tea', sku: 'tea', quantity: 2, price: { minor: 100, per: 1 } },
      schemaversion: 3,
    },
    { type: 'GiftWrapped', data: { ribbon: 'red' } },
  ]
  const served = await serveHistory(t, {
    length: told.length,
    told: (version) => told[version - 1] ?? { type: 'CartOpened' },
  })
  const page = await openDebugger(t, { tillroll: served }, `cart/${served.cart}?v=2`)
  const inspector = page.getByRole('region', { name: 'Inspector' })
  await inspector.getByText('1, no upcast').waitFor()
  await inspector.getByText('no sku: the line goes by its item’s name').waitFor()
  await inspector.getByText('no quantity: one piece').waitFor()
  await page.getByRole('slider', { name: 'Moment' }).focus()
  await page.keyboard.press('ArrowRight')
  await inspector.getByText(/3, newer than this build’s 1/).waitFor()
  await page.keyboard.press('ArrowRight')
  await inspector.getByText('1, of an event that this build does not know').waitFor()
})
