// A session through the built wasm: a round of dispatch, answer and confirmation, and what it does with input that is
// not what it should be.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CART, CartSession, NOW, REDUCER, event, id, session } from './built.mjs'

const OPENED = { name: 'CartOpened', data: { shopping_cart_uuid: CART, currency: 'EUR' } }
const add = (item_name, minor = 100) => ({ type: 'AddItem', data: { item_name, price: { minor } } })

/** What the server would answer: everything accepted, one event each. */
const accepted = (snapshot, { commands }, version) => ({
  results: commands.map(({ command_id }, index) => {
    const [{ type, data }] = snapshot.pending.find((pending) => pending.id === command_id).now
    const at = version + 1 + index
    return { command_id, status: 'accepted', version: at, events: [event(at, { name: type, data })] }
  }),
  version: version + commands.length,
  state_hash: null,
  reducer: REDUCER,
})

test('a command is visible at once, sent, answered and settled, and the totals never flicker', () => {
  const it = session([OPENED])
  assert.deepEqual(it.dispatch(add('Tea', 349), id(11), NOW), { status: 'applied' })
  assert.deepEqual(it.dispatch(add('Bread', 250), id(12), NOW), { status: 'applied' })
  assert.deepEqual(it.dispatch(add('Tea', 349), id(11), NOW), { status: 'again' })
  const before = it.snapshot()
  assert.equal(before.cart.total_minor, 599)
  assert.equal(before.revision, it.revision)
  assert.deepEqual(before.lines, [{ pending: [id(11)], refused: [] }, { pending: [id(12)], refused: [] }])
  const [first] = before.pending
  assert.deepEqual(first.request, {
    type: 'AddItem',
    data: { item_name: 'Tea', sku: null, quantity: null, price: { minor: 349, per: 1 } },
  })
  assert.deepEqual([first.progress, first.standing.standing, first.dispatched_at_ms], ['waiting', 'as_meant', NOW])

  const batch = it.nextToSend(NOW)
  assert.deepEqual([batch.attempt, batch.failures], [1, 0])
  assert.deepEqual(batch.commands.map(({ command_id, type }) => [command_id, type]), [[id(11), 'AddItem'], [id(12), 'AddItem']])
  assert.equal(it.nextToSend(NOW), undefined, 'one batch at a time')

  assert.deepEqual(it.answered(batch.attempt, accepted(before, batch, 1)), { applied: 2, missing_after: null })
  const after = it.snapshot()
  assert.equal(after.cart.total_minor, 599)
  assert.deepEqual([after.pending, after.attention], [[], []])
  assert.deepEqual(after.sync, { confirmed_version: 3, known_version: 3, update_needed: false, diverged: null })
  assert.deepEqual(it.settledAfter(0), [
    { nth: 1, id: id(11), outcome: { outcome: 'confirmed', version: 2, changed: false } },
    { nth: 2, id: id(12), outcome: { outcome: 'confirmed', version: 3, changed: false } },
  ])
})

test('the snapshot is the same object until something changed', () => {
  const it = session([OPENED])
  const shown = it.snapshot()
  assert.equal(it.snapshot(), shown)
  it.confirm([event(1, OPENED)])
  assert.equal(it.snapshot(), shown, 'an event that comes again changes nothing')
  it.dispatch(add('Tea'), id(11), NOW)
  assert.notEqual(it.snapshot(), shown)
})

test('what the server refuses waits for attention with its own words, and is tried again or discarded', () => {
  const it = session([OPENED])
  it.dispatch(add('Tea'), id(11), NOW)
  const { attempt } = it.nextToSend(NOW)
  const details = { sku: 'Tea', from: { minor: 100, per: 1 }, to: { minor: 120, per: 1 } }
  const refused = { command_id: id(11), status: 'refused', code: 'price_changed', message: 'it has changed', details }
  it.answered(attempt, { results: [refused], version: 1, state_hash: null, reducer: REDUCER })
  const [{ said }] = it.snapshot().attention
  assert.deepEqual([said.code, said.message, JSON.parse(said.details)], ['price_changed', 'it has changed', details])
  assert.deepEqual(it.retry(id(11), NOW), { status: 'applied' })
  assert.equal(it.discard(id(11)), 'discarded')
  assert.equal(it.discard(id(11)), 'unknown')
  assert.deepEqual(it.retry(id(12), NOW), { status: 'unknown' })
})

test('a batch that fails goes again with the same ids, after its pause', () => {
  const it = session([OPENED])
  it.dispatch(add('Tea'), id(11), NOW)
  const first = it.nextToSend(NOW)
  it.failed(first.attempt, true)
  it.pause(NOW + 500)
  assert.equal(it.pausedUntil, NOW + 500)
  assert.equal(it.nextToSend(NOW), undefined)
  it.resume()
  assert.equal(it.discard(id(11)), 'sent', 'it may be done')
  const second = it.nextToSend(NOW)
  assert.deepEqual([second.attempt, second.failures], [2, 1])
  assert.deepEqual(second.commands, first.commands)
  it.rejected(second.attempt, { code: 'cart_not_found', message: 'there is no such cart' })
  assert.deepEqual(it.snapshot().attention.map(({ said }) => said.code), ['cart_not_found'])
})

test('a queue survives as rows that a structured clone keeps', () => {
  const it = session([OPENED])
  it.dispatch(add('Tea', 349), id(11), NOW)
  it.dispatch({ type: 'ApplyDiscount', data: { code: 'TEN', rule: { kind: 'percent_off', basis_points: 1000 } } }, id(12), NOW)
  it.dispatch(add('Bread'), id(13), NOW)
  const unsaved = structuredClone(it.unsaved())
  it.saved(unsaved.ticket)
  assert.equal(it.unsaved(), undefined)

  const later = session([OPENED])
  later.merge(unsaved.rows, unsaved.settled_through)
  assert.deepEqual(later.snapshot().cart, it.snapshot().cart)
  assert.deepEqual(later.snapshot().pending, it.snapshot().pending)
  assert.equal(later.unsaved(), undefined, 'it lies in the storage already')

  const [row, ...others] = unsaved.rows
  const hurt = { ...row, stage: { stage: 'lost' } }
  assert.throws(() => later.merge([...others, hurt], 0), malformed(`/rows/${others.length}/stage/stage`, 'wrong_value'))
  assert.deepEqual(later.snapshot().cart, it.snapshot().cart, 'nothing is lost by it')
})

test('histories cross as bytes, both ways', () => {
  const it = session([OPENED, { name: 'ItemAdded', data: { shopping_cart_uuid: CART, item_name: 'Tea', quantity: 3 } }])
  const bytes = it.history(0)
  const other = new CartSession(CART, REDUCER)
  assert.deepEqual(other.confirmPacked(bytes), { applied: 2, missing_after: null })
  assert.deepEqual(other.snapshot(), { ...it.snapshot(), revision: other.revision })
  assert.deepEqual(other.confirmPacked(bytes), { applied: 0, missing_after: null })
  assert.deepEqual(other.rebuild([bytes, it.history(2)]), { applied: 2, missing_after: null })

  bytes[bytes.length - 1] ^= 1
  assert.throws(() => other.confirmPacked(bytes), { code: 'bad_history' })
  const foreign = new CartSession(id(2), REDUCER)
  assert.throws(() => foreign.confirmPacked(it.history(0)), { code: 'foreign_cart', data: { cart: id(2), found: CART } })
})

test('a gap is fetched, and a reducer of another build asks for an update', () => {
  const it = session([OPENED])
  const third = event(3, { name: 'ItemAdded', data: { shopping_cart_uuid: CART, item_name: 'Tea', quantity: 1 } })
  assert.deepEqual(it.confirm([third]), { applied: 0, missing_after: 1 })
  assert.equal(it.missing, 1)
  it.answered(0, { results: [], version: 3, state_hash: null, reducer: 'fedcba9876543210' })
  assert.equal(it.snapshot().sync.update_needed, true)
})

test('no name that a shopper types is special', () => {
  const it = session([OPENED])
  const names = ['__proto__', 'constructor', 'toString', '<img src=x onerror=alert(1)>', '\u202egnp.exe', '👩‍🚀']
  for (const [nth, name] of names.entries()) {
    assert.equal(it.dispatch(add(name), id(11 + nth), NOW).status, 'applied')
  }
  assert.deepEqual(it.snapshot().cart.lines.map(({ sku }) => sku), names)
  const batch = it.nextToSend(NOW)
  it.answered(batch.attempt, accepted(it.snapshot(), batch, 1))
  assert.deepEqual(it.diff(1, 7).map(({ path }) => path).filter((path) => path.startsWith('/lines/')).length, names.length)
  assert.equal({}.polluted, undefined)
})

const malformed = (at, problem) => ({ name: 'Error', code: 'malformed', message: 'malformed', data: { at, problem } })
let deep = {}
for (let level = 0; level < 100_000; level += 1) deep = { deep }

test('a command that is none is thrown back with the place that is wrong, and changes nothing', () => {
  const it = session([OPENED])
  const before = it.snapshot()
  const cases = [
    [undefined, '/command', 'wrong_type'],
    [null, '/command', 'wrong_type'],
    ['AddItem', '/command', 'wrong_type'],
    [{}, '/command/type', 'wrong_type'],
    [{ type: 'StealCart', data: {} }, '/command/type', 'wrong_value'],
    [{ type: 'AddItem', data: { item_name: 'Tea' }, qty: 2 }, '/command/qty', 'unknown'],
    [{ type: 'AddItem' }, '/command/data/item_name', 'missing'],
    [{ type: 'AddItem', data: { item_name: 'Tea', qty: 2 } }, '/command/data/qty', 'unknown'],
    [{ type: 'AddItem', data: { item_name: 7 } }, '/command/data/item_name', 'wrong_type'],
    [{ type: 'AddItem', data: { item_name: 'Tea', quantity: 1.5 } }, '/command/data/quantity', 'wrong_type'],
    [{ type: 'AddItem', data: { item_name: 'Tea', quantity: 2n } }, '/command/data/quantity', 'wrong_type'],
    [{ type: 'AddItem', data: { item_name: 'Tea', price: { minor: 1, pre: 1 } } }, '/command/data/price/pre', 'unknown'],
    [{ type: 'AddItem', data: { item_name: 'Tea', price: [] } }, '/command/data/price', undefined],
    [{ type: 'ApplyDiscount', data: { code: 'A', rule: { kind: 'free' } } }, '/command/data/rule/kind', 'wrong_value'],
    [{ type: 'CloseCart', data: { reason: 7 } }, '/command/data/reason', 'wrong_type'],
    [{ type: 'OpenCart', data: () => 1 }, '/command/data', 'wrong_type'],
    [{ type: 'AddItem', data: deep }, '/command/data/deep', 'unknown'],
  ]
  for (const [command, at, problem] of cases) {
    assert.throws(
      () => it.dispatch(command, id(11), NOW),
      (error) => {
        assert.deepEqual([error.code, error.data.at], ['malformed', at])
        if (problem) assert.equal(error.data.problem, problem)
        return true
      },
    )
  }
  for (const name of ['', '11', id(10).toUpperCase(), '00000000-0000-0000-0000-000000000000']) {
    assert.throws(() => it.dispatch(add('Tea'), name, NOW), malformed('/id', 'wrong_value'))
  }
  assert.throws(() => new CartSession('cart', REDUCER), malformed('/cart', 'wrong_value'))
  assert.equal(it.snapshot(), before)
})

test('a reply that cannot be read counts as failed, so nothing waits for it for ever', () => {
  const it = session([OPENED])
  it.dispatch(add('Tea'), id(11), NOW)
  const ok = { results: [], version: 1, state_hash: null, reducer: REDUCER }
  const cases = [
    [undefined, '/reply'],
    ['<html>', '/reply'],
    [{ ...ok, results: {} }, '/reply/results'],
    [{ ...ok, results: Array(26).fill({}) }, '/reply/results'],
    [{ ...ok, results: [{ command_id: id(11), status: 'fine' }] }, '/reply/results/0/status'],
    [{ ...ok, results: [{ command_id: id(11), status: 'accepted', version: 2, events: [{}] }] }, '/reply/results/0/events/0/type'],
    [{ ...ok, version: -1 }, '/reply/version'],
    [{ ...ok, version: 2 ** 60 }, '/reply/version'],
    [{ ...ok, state_hash: 'XYZ' }, '/reply/state_hash'],
    [{ ...ok, reducer: undefined }, '/reply/reducer'],
  ]
  for (const [reply, at] of cases) {
    const { attempt, commands } = it.nextToSend(NOW)
    assert.deepEqual(commands.map(({ command_id }) => command_id), [id(11)])
    assert.throws(() => it.answered(attempt, reply), (error) => error.code === 'malformed' && error.data.at === at)
  }
  const wrong = { command_id: id(11), status: 'accepted', version: 9, events: [] }
  assert.throws(() => it.answered(it.nextToSend(NOW).attempt, { ...ok, results: [wrong] }), { code: 'wrong_reply' })
  assert.equal(it.snapshot().cart.lines.length, 1)
})

test('events and catalogues that are none change nothing', () => {
  const it = session([OPENED])
  const before = it.snapshot()
  const data = { shopping_cart_uuid: CART, code: 'A', rule: deep }
  assert.throws(() => it.confirm([event(2, { name: 'DiscountApplied', data })]), { code: 'malformed' })
  assert.throws(() => it.confirm({}), malformed('/events', 'wrong_type'))
  assert.throws(() => it.confirm([{ ...event(2, OPENED), type: 'somebody.else' }]), malformed('/events/0/type', 'wrong_value'))
  assert.throws(() => it.confirm([event(2, OPENED, id(2))]), { code: 'foreign_cart' })
  for (const catalogue of [7, {}, { version: '1', currency: 'EUR', items: [{}] }]) {
    assert.throws(() => it.setCatalogue(catalogue), { code: 'malformed' })
  }
  it.setCatalogue(null)
  assert.equal(it.snapshot(), before)
})

test('parts of a snapshot that did not change are the same frozen objects', () => {
  const it = session([OPENED])
  for (const [nth, name] of ['Tea', 'Bread', 'Milk', 'Salt'].entries()) it.dispatch(add(name), id(11 + nth), NOW)
  const before = it.snapshot()
  it.dispatch({ type: 'ChangeQuantity', data: { sku: 'Milk', quantity: 3 } }, id(21), NOW)
  const changed = it.snapshot()
  const same = changed.cart.lines.map((line, index) => line === before.cart.lines[index])
  assert.deepEqual(same, [true, true, false, true])
  assert.ok(changed.cart.discounts === before.cart.discounts && changed.sync === before.sync)
  assert.ok(changed.pending[0] === before.pending[0] && Object.isFrozen(changed.pending[0].request.data))
  it.dispatch({ type: 'RemoveItem', data: { sku: 'Tea' } }, id(22), NOW)
  const removed = it.snapshot()
  assert.ok(removed.cart.lines.every((line, index) => line === changed.cart.lines[index + 1]))
  assert.throws(() => {
    removed.cart.lines[0].quantity = 9
  }, TypeError)
})

test('an object whose own code throws leaves the session as it was', () => {
  const it = session([OPENED])
  const before = it.snapshot()
  const trap = new Error('mine')
  const thrower = () => {
    throw trap
  }
  const hostile = [
    Object.defineProperty({ type: 'AddItem' }, 'data', { get: thrower }),
    { type: 'AddItem', data: new Proxy({}, { ownKeys: thrower }) },
    { type: 'AddItem', data: { item_name: 'Tea', get sku() { return it.dispatch(hostile[0], id(12), NOW) } } },
  ]
  for (const command of hostile) assert.throws(() => it.dispatch(command, id(11), NOW), trap)
  const itself = {}
  itself.itself = itself
  const refused = { code: 'no', details: itself }
  assert.throws(() => it.rejected(1, refused), malformed('/said/details', 'wrong_value'))
  assert.equal(it.snapshot(), before)
  assert.equal(it.dispatch(add('Tea'), id(11), NOW).status, 'applied')
})

test('what was freed says so, and the others go on', () => {
  const [one, other] = [session([OPENED]), session([OPENED])]
  one.free()
  one.free()
  assert.throws(() => one.dispatch(add('Tea'), id(11), NOW), { code: 'gone' })
  const third = session([OPENED])
  assert.throws(() => one.dispatch(add('Tea'), id(11), NOW), { code: 'gone' })
  assert.equal(other.dispatch(add('Tea'), id(11), NOW).status, 'applied')
  assert.equal(third.snapshot().cart.lines.length, 0)
})
