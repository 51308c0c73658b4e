// What goes wrong in carts that are made optimistic by hand, one test for each; docs/traps.md tells of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, CART, countOf, id, World } from './support/world.mjs'

const PRICES = {
  version: '1',
  currency: 'EUR',
  items: ['Tea', 'Bread', 'Jam'].map((sku, nth) => ({
    sku,
    item_name: sku,
    price: { minor: 100 + nth * 100, per: 1 },
  })),
  discounts: [{ code: 'TEN', rule: { kind: 'percent_off', basis_points: 1000, min_subtotal_minor: 300 } }],
}
const DEARER = {
  ...PRICES,
  version: '2',
  items: PRICES.items.map((item) => (item.sku === 'Bread' ? { ...item, price: { minor: 250, per: 1 } } : item)),
}
const of = (item_name) => ({ type: 'AddItem', data: { item_name } })

/** A tab that was in a tunnel while bread became dearer, with three things in the cart. */
const tunnel = async () => {
  const world = new World({ catalogue: PRICES })
  const tab = await world.tab()
  await world.run()
  tab.faults.offline = true
  await world.run()
  const results = ['Tea', 'Bread', 'Jam'].map((name) => tab.cart.dispatch(of(name)))
  world.server.setCatalogue(DEARER)
  return { world, ...tab, results }
}

test('one of several that is refused leaves nothing of its effect behind', async () => {
  const { world, cart, faults, results } = await tunnel()
  assert.equal(cart.getSnapshot().totals.total_minor, 600)
  faults.offline = false
  await world.run(60_000)
  assert.equal(cart.getSnapshot().totals.total_minor, 400)
  assert.deepEqual(
    cart.getSnapshot().lines.map(({ sku }) => sku),
    ['Tea', 'Jam'],
  )
  assert.equal((await results[1].confirmed).outcome, 'refused')
  await world.expectAgreement()
})

test('totals never flicker between dispatch, answer and events, whichever comes first', async () => {
  for (const latencyMs of [
    [0, 0],
    [10, 500],
  ]) {
    for (const seed of [1, 2, 3, 4]) {
      const world = new World({ seed })
      const { cart } = await world.tab({ faults: { latencyMs, reordered: 0.5 } })
      await world.run(5_000)
      const totals = []
      cart.subscribe(() => totals.push(cart.getSnapshot().totals.total_minor))
      for (const name of ['Tea', 'Bread', 'Jam']) cart.dispatch(add(name))
      await world.run(60_000)
      assert.deepEqual([...new Set(totals)], [100, 200, 300])
      assert.deepEqual(
        totals,
        totals.toSorted((a, b) => a - b),
        `seed ${seed}`,
      )
    }
  }
})

test('an answer or events that come late bring nothing back', async () => {
  const world = new World()
  let take
  const server = {
    ...world.server,
    open: (after, context, hand, opened) => {
      take = hand
      return world.server.open(after, context, hand, opened)
    },
  }
  const { cart } = await world.tab({ server })
  await world.run()
  cart.dispatch(add('Tea'))
  cart.dispatch({ type: 'RemoveItem', data: { sku: 'Tea' } })
  await world.run()
  const settled = cart.getSnapshot()
  take(world.server.events(CART))
  take(world.server.events(CART).slice(0, 2))
  await world.run()
  assert.deepEqual(settled.lines, [])
  assert.equal(cart.getSnapshot(), settled)
})

test('what arrives from the server does not eat an edit that is under way', async () => {
  const world = new World()
  const { cart, faults } = await world.tab()
  cart.dispatch(add('Tea'))
  await world.run()
  faults.lostBefore = 1
  cart.dispatch({ type: 'ChangeQuantity', data: { sku: 'Tea', quantity: 7 } })
  world.server.act(CART, [{ command_id: id(900), ...add('Bread') }])
  await world.run(5_000)
  assert.deepEqual(
    cart.getSnapshot().lines.map(({ sku, quantity }) => [sku, quantity]),
    [
      ['Tea', 7],
      ['Bread', 1],
    ],
  )
  await world.expectAgreement()
})

test('a command that changes nothing comes to its end, with the version', async () => {
  const world = new World()
  const { cart, faults } = await world.tab()
  cart.dispatch(add('Tea'))
  await world.run()
  faults.offline = true
  await world.run()
  const set = { type: 'ChangeQuantity', data: { sku: 'Tea', quantity: 3 } }
  const { confirmed } = cart.dispatch(set)
  world.server.act(CART, [{ command_id: id(900), ...set }])
  faults.offline = false
  await world.run(60_000)
  assert.deepEqual(await confirmed, { outcome: 'noop', version: 3 })
  await world.expectAgreement()
})

test('one refusal does not hold up the rest', async () => {
  const { world, cart, faults, results } = await tunnel()
  faults.offline = false
  await world.run(60_000)
  const outcomes = await Promise.all(results.map(({ confirmed }) => confirmed))
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ['confirmed', 'refused', 'confirmed'],
  )
  assert.deepEqual(cart.getSnapshot().pending, [])
})

test('no later command overtakes one whose outcome is open', async () => {
  const world = new World({ seed: 7 })
  const { cart } = await world.tab({ faults: { lostBefore: 0.4, lostAfter: 0.4, latencyMs: [0, 300] } })
  const names = Array.from({ length: 12 }, (_, nth) => `item ${nth}`)
  for (const name of names) {
    cart.dispatch(add(name))
    await world.run(400)
  }
  await world.expectAgreement()
  assert.deepEqual(
    world.state.lines.map(({ sku }) => sku),
    names,
  )
})

test('an outcome that is not known is shown as that, and the same id goes again', async () => {
  const world = new World()
  const { cart, faults } = await world.tab()
  await world.run()
  faults.lostAfter = 1
  const { id, confirmed } = cart.dispatch(add('Tea'))
  await world.run(100)
  const [pending] = cart.getSnapshot().pending
  assert.deepEqual([pending.id, pending.progress], [id, 'doubtful'])
  assert.equal(cart.getSnapshot().connection.error.code, 'unreachable')
  assert.equal(cart.discard(id), 'sent')
  await world.expectAgreement()
  assert.equal((await confirmed).outcome, 'confirmed')
  assert.equal(countOf(world, 'Tea'), 1)
})

test('a refusal is told of when nobody listened at the time', async () => {
  const { world, cart, faults, results } = await tunnel()
  faults.offline = false
  await world.run(60_000)
  const settled = cart.settled().find((one) => one.id === results[1].id)
  assert.deepEqual([settled.outcome.outcome, settled.outcome.refusal.code], ['refused', 'price_changed'])
  assert.deepEqual(
    cart.settled(settled.nth).some(({ nth }) => nth <= settled.nth),
    false,
  )
})

test('what is refused is not lost: it waits to be tried again or discarded', async () => {
  const { world, cart, faults, results } = await tunnel()
  faults.offline = false
  await world.run(60_000)
  const [{ id, refusal, subject }] = cart.getSnapshot().attention
  assert.equal(id, results[1].id)
  assert.deepEqual(subject, { about: 'line', sku: 'Bread' })
  assert.deepEqual(refusal.details, { sku: 'Bread', from: { minor: 200, per: 1 }, to: { minor: 250, per: 1 } })
  // The catalogue was fetched anew, so the same command is refused here already; with the price it is taken.
  assert.equal(cart.retry(id).refusal.code, 'price_changed')
  assert.equal(cart.getSnapshot().attention.length, 1)
  assert.equal(cart.discard(id), 'discarded')
  assert.equal(cart.dispatch(of('Bread')).status, 'applied')
  await world.expectAgreement()
  assert.equal(world.state.total_minor, 650)
  assert.deepEqual(cart.getSnapshot().attention, [])
})

test('fifty clicks on one quantity are one command', async () => {
  const world = new World()
  const { cart, faults } = await world.tab()
  cart.dispatch(add('Tea'))
  await world.run()
  faults.offline = true
  await world.run()
  for (let quantity = 2; quantity <= 51; quantity++) {
    cart.dispatch({ type: 'ChangeQuantity', data: { sku: 'Tea', quantity } })
    assert.equal(cart.getSnapshot().lines[0].quantity, quantity)
  }
  // The first may have been tried before the connection was known to be gone.
  assert.ok(cart.getSnapshot().pending.length <= 2)
  await world.expectAgreement()
  assert.equal(world.state.lines[0].quantity, 51)
  assert.ok(world.server.events(CART).length <= 4)
})

test('fast clicks from two tabs all count, each once, and the server decides in one order', async () => {
  const world = new World({ seed: 3 })
  const tabs = [await world.tab({ locks: false }), await world.tab({ locks: false })]
  await world.run()
  for (let nth = 0; nth < 20; nth++) tabs[nth % 2].cart.dispatch(add('Tea'))
  await world.expectAgreement()
  assert.equal(world.state.lines[0].quantity, 20)
  assert.deepEqual(
    world.server.events(CART).map(({ sequence }) => sequence),
    Array.from({ length: 21 }, (_, at) => at + 1),
  )
})

test('every refusal has a code and what a person needs to know', async () => {
  const world = new World({ catalogue: PRICES })
  const { cart } = await world.tab()
  await world.run()
  cart.dispatch(of('Tea'))
  const refused = [
    [{ type: 'AddItem', data: { item_name: 'Gold' } }, 'item_unknown', { sku: 'Gold' }],
    [{ type: 'ChangeQuantity', data: { sku: 'Tea', quantity: 0 } }, 'invalid_quantity', { min: 1, max: 1_000_000 }],
    [{ type: 'RemoveItem', data: { sku: 'Jam' } }, 'line_not_found', { sku: 'Jam' }],
    [{ type: 'ApplyDiscount', data: { code: 'NO' } }, 'discount_unknown', { code: 'NO' }],
    [
      { type: 'ApplyDiscount', data: { code: 'TEN' } },
      'discount_minimum_not_met',
      { code: 'TEN', min_subtotal_minor: 300, subtotal_minor: 100 },
    ],
  ]
  for (const [command, code, details] of refused) {
    const { status, refusal, confirmed } = cart.dispatch(command)
    assert.deepEqual([status, refusal], ['refused', { code, message: '', details }])
    assert.deepEqual(await confirmed, { outcome: 'refused', refusal })
  }
})

test('badge, lines and totals are of one snapshot, always', async () => {
  const world = new World({ seed: 5 })
  const { cart } = await world.tab({ faults: { latencyMs: [0, 200] } })
  let looked = 0
  cart.subscribe(() => {
    const { lines, totals } = cart.getSnapshot()
    assert.equal(
      totals.pieces,
      lines.reduce((sum, { quantity }) => sum + quantity, 0),
    )
    assert.equal(
      totals.subtotal_minor,
      lines.reduce((sum, { total_minor }) => sum + total_minor, 0),
    )
    looked++
  })
  for (let nth = 0; nth < 10; nth++) cart.dispatch(add(`item ${nth % 3}`, 100 + nth, nth + 1))
  await world.expectAgreement()
  assert.ok(looked > 10)
})

test('a snapshot is the same object until something changes, and so are its parts', async () => {
  const world = new World()
  const { cart } = await world.tab()
  cart.dispatch(add('Tea'))
  cart.dispatch(add('Bread'))
  await world.run()
  const before = cart.getSnapshot()
  await world.run(10_000)
  assert.equal(cart.getSnapshot(), before)
  cart.dispatch({ type: 'ChangeQuantity', data: { sku: 'Bread', quantity: 2 } })
  const after = cart.getSnapshot()
  assert.notEqual(after, before)
  assert.equal(after.lines[0], before.lines[0])
  assert.notEqual(after.lines[1], before.lines[1])
  assert.equal(after.discounts, before.discounts)
  assert.ok(Object.isFrozen(after) && Object.isFrozen(after.lines) && Object.isFrozen(after.lines[1]))
  cart.dispatch({ type: 'RemoveItem', data: { sku: 'Tea' } })
  assert.equal(cart.getSnapshot().lines[0], after.lines[1])
})

test('hundreds of commands leave nothing behind', async () => {
  const world = new World()
  const { cart } = await world.tab()
  for (let nth = 0; nth < 1_200; nth++) {
    cart.dispatch(add(`item ${nth % 10}`))
    if (nth % 10 === 0) await world.run(100)
  }
  await world.expectAgreement()
  assert.equal(
    world.state.lines.reduce((sum, { quantity }) => sum + quantity, 0),
    1_200,
  )
  assert.equal(cart.settled().length, 1_000)
  const { rows } = await (await world.storage.open('', CART)).read()
  assert.deepEqual(rows, [])
})

test('of two tabs one sends, for both', async () => {
  const world = new World()
  const sent = [0, 0]
  const counting = (nth) => ({
    ...world.server,
    send: (...sending) => {
      sent[nth]++
      return world.server.send(...sending)
    },
  })
  const leader = await world.tab({ server: counting(0) })
  const follower = await world.tab({ server: counting(1) })
  await world.run()
  const { confirmed } = follower.cart.dispatch(add('Tea'))
  await world.run()
  assert.equal((await confirmed).outcome, 'confirmed')
  assert.equal(leader.cart.getSnapshot().totals.total_minor, 100)
  assert.equal(follower.cart.getSnapshot().connection.state, 'follower')
  assert.ok(sent[0] > 0)
  assert.equal(sent[1], 0)
  await world.expectAgreement()
})

test('a leader that is killed while it sends is followed by one that sends the same ids', async () => {
  const world = new World()
  const leader = await world.tab({ faults: { latencyMs: [2_000, 2_000] } })
  const follower = await world.tab()
  await world.run(20_000)
  leader.cart.dispatch(add('Tea'))
  follower.cart.dispatch(add('Bread'))
  // The server has it, the answer is on its way.
  await world.run(1_500)
  leader.kill()
  world.tabs.shift()
  await world.expectAgreement()
  assert.deepEqual([countOf(world, 'Tea'), countOf(world, 'Bread')], [1, 1])
  assert.equal(follower.cart.getSnapshot().connection.state, 'live')
})

test('somebody else who signs in neither sees nor sends what was pending', async () => {
  const world = new World()
  const first = await world.tab({ principal: 'ann', faults: { offline: true } })
  first.cart.dispatch(add('Tea'))
  await world.run()
  first.kill()
  world.tabs.length = 0
  const second = await world.tab({ principal: 'bob', open: undefined })
  await world.run(60_000)
  assert.deepEqual(second.cart.getSnapshot().pending, [])
  assert.equal(world.state, null)
  const again = await world.tab({ principal: 'ann' })
  await world.run(60_000)
  assert.equal(again.cart.getSnapshot().totals.total_minor, 100)
  assert.equal(world.state.total_minor, 100)
})

test('when both sides make different carts of the same events it is reported, and all is fetched anew', async () => {
  const world = new World()
  let lying = true
  const server = {
    ...world.server,
    send: async (...sending) => {
      const { result, reply } = await world.server.send(...sending)
      return { result, reply: lying ? { ...reply, state_hash: '0123456789abcdef' } : reply }
    },
  }
  const { cart } = await world.tab({ server })
  await world.run()
  const { diverged } = cart.getSnapshot()
  assert.deepEqual([diverged.version, diverged.theirs, diverged.rebuilt], [1, '0123456789abcdef', true])
  lying = false
  cart.dispatch(add('Tea'))
  await world.expectAgreement()
})

test('a stored history that is damaged is fetched anew', async () => {
  const world = new World()
  const first = await world.tab()
  first.cart.dispatch(add('Tea'))
  await world.run(5_000)
  await first.cart.close()
  world.tabs.length = 0
  const stored = await world.storage.open('', CART)
  const { history } = await stored.read()
  assert.ok(history.length > 0)
  const offline = await world.tab({ faults: { offline: true } })
  assert.equal(offline.cart.getSnapshot().totals.total_minor, 100, 'it is there without a connection')
  await offline.cart.close()
  history[history.length - 1] ^= 1
  await stored.writeHistory(history)
  world.tabs.length = 0
  const { cart } = await world.tab({ open: undefined, faults: { offline: true } })
  assert.equal(cart.getSnapshot().status, 'unknown')
  await world.expectAgreement()
  assert.equal(cart.getSnapshot().totals.total_minor, 100)
})
