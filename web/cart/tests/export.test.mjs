// What a cart exports: a file in the server's words, and beside its events what only this client knew. That the command line
// opens it is tried in web/tests.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, CART, id, World } from './support/world.mjs'

// It is loaded when it is needed, and a simulated browser does not wait for a file.
await import('../dist/timeline-file.js')

const exported = async (world, cart) => {
  const exporting = cart.exportTimeline()
  exporting.catch(() => {})
  await world.run(20_000)
  return JSON.parse(await exporting)
}

test('the events of an export are the server’s own', async () => {
  const world = new World()
  const { cart } = await world.tab()
  cart.dispatch(add('Tea'))
  await world.run()
  const { header, events, ...beside } = await exported(world, cart)
  assert.deepEqual(
    [header.format_version, header.cart_id, header.exported_at.slice(0, 20), header.redactions],
    [1, CART, '2023-11-14T22:13:21.', []],
  )
  assert.deepEqual([events, beside], [world.server.events(CART), {}])
})

test('without a connection an export has what is known, says what is not, and keeps what is on its way', async () => {
  const world = new World()
  const { cart, faults } = await world.tab()
  await world.run()
  faults.offline = true
  const { id } = cart.dispatch(add('Tea'))
  const { header, events, client_records } = await exported(world, cart)
  const known = ({ id, sequence, type, data, recordedtime, commandid }) => ({
    id,
    sequence,
    type,
    data,
    recordedtime: Date.parse(recordedtime),
    commandid,
  })
  assert.deepEqual(header.redactions, ['/time', '/correlationid', '/causationid'])
  assert.deepEqual(events.map(known), world.server.events(CART).map(known))
  assert.deepEqual(
    client_records.map(({ status, command_id, version }) => ({ status, command_id, version })),
    [{ status: 'pending', command_id: id, version: 1 }],
  )
})

test('an export keeps what was refused and discarded since, and what became something else', async () => {
  const world = new World()
  const { cart, faults } = await world.tab()
  cart.dispatch(add('Tea'))
  await world.run()
  faults.latencyMs = [4_000, 4_000]
  const changed = cart.dispatch({ type: 'AddItem', data: { item_name: 'Bread', price: { minor: 5 } } })
  const refused = cart.dispatch({ type: 'ChangeQuantity', data: { sku: 'Tea', quantity: 2 } })
  world.server.act(CART, [{ command_id: id(7), type: 'RemoveItem', data: { sku: 'Tea' } }])
  await world.run(20_000)
  assert.equal((await refused.confirmed).outcome, 'refused')
  cart.discard(refused.id)
  assert.deepEqual(await changed.confirmed, { outcome: 'confirmed', version: 4, changed: false })
  const { client_records } = await exported(world, cart)
  assert.deepEqual(client_records, [
    {
      status: 'refused',
      command_id: refused.id,
      type: 'ChangeQuantity',
      data: { sku: 'Tea', quantity: 2 },
      version: 4,
      code: 'line_not_found',
      details: { sku: 'Tea' },
    },
  ])
})

test('a cart of which no event is known has nothing to export, and says why', async () => {
  const world = new World()
  const { cart } = await world.tab({ faults: { offline: true } })
  await assert.rejects(exported(world, cart), { code: 'unreachable' })
})
