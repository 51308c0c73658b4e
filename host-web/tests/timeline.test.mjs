// What a timeline tells of many events at once, and of one with all that was recorded; histories that come in pieces; and
// what it does with bytes and events that are not what they should be.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CART, CartTimeline, event, events, id, session } from './built.mjs'

const shopping_cart_uuid = CART
const LIFE = [
  { name: 'CartOpened', data: { shopping_cart_uuid, currency: 'EUR', owner_ref: 'own_1' } },
  { name: 'ItemAdded', data: { shopping_cart_uuid, item_name: 'Tea', sku: 'T-1', quantity: 2, price: { minor: 349, per: 1 } } },
  { name: 'ItemQuantityChanged', data: { shopping_cart_uuid, sku: 'T-1', quantity: 2 } },
  { name: 'ItemWeighed', data: { grams: [1, { of: 'tea' }] } },
  { name: 'ItemQuantityChanged', data: { shopping_cart_uuid, sku: 'T-1', quantity: 3 } },
  { name: 'DiscountApplied', data: { shopping_cart_uuid, code: 'TEN', rule: { kind: 'percent_off', basis_points: 1000 } } },
]
/** The same as the API writes it, with everything that can be noted. */
const recorded = events(LIFE).map((event, index) => ({
  ...event,
  time: '2017-01-01T11:53:26Z',
  recordedtime: `2026-03-04T05:06:07.${String(100 + index)}Z`,
  schemaversion: 2,
  commandid: id(900 + index),
  commandhash: '0123456789abcdef',
  correlationid: 'story',
  causationid: id(800),
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  actor: 'own_1',
  reducer: 'fedcba9876543210',
}))
const packed = CartTimeline.pack(CART, recorded)

test('columns tell kinds, times and places without folding, and an entry has all that was recorded', () => {
  const timeline = new CartTimeline(packed)
  const { kinds, recorded_ms, happened_ms, offsets } = timeline.columns(packed)
  assert.deepEqual([...kinds], [0, 2, 3, 255, 3, 5])
  assert.deepEqual([...kinds], [...timeline.kinds(0, 10)])
  assert.deepEqual([...recorded_ms], recorded.map(({ recordedtime }) => Date.parse(recordedtime)))
  assert.deepEqual([...happened_ms], recorded.map(({ time }) => Date.parse(time)))
  assert.deepEqual([...offsets].map((offset, index) => timeline.entry(packed, offset, index + 1)), recorded)
})

test('columns tell every change of the rules, however short, across pieces of a long history', () => {
  const rules = (version) => (version === 700 ? 'b' : version > 900 ? undefined : 'a')
  const long = Array.from({ length: 1_000 }, (_, index) => ({
    ...event(index + 1, index === 0 ? LIFE[0] : { name: 'ItemAdded', data: { shopping_cart_uuid, item_name: `Tea ${'x'.repeat(200)}` } }),
    ...(rules(index + 1) ? { reducer: rules(index + 1) } : {}),
  }))
  const history = CartTimeline.pack(CART, long)
  assert.ok(history.length > 180_000, 'more than two pieces')
  assert.deepEqual(new CartTimeline(packed).columns(history).reducers, [
    { nth: 0, reducer: 'a' },
    { nth: 699, reducer: 'b' },
    { nth: 700, reducer: 'a' },
    { nth: 900, reducer: null },
  ])
})

test('what was not noted is not there, and data that this build would write otherwise stay as they are', () => {
  const odd = [
    event(1, { name: 'CartOpened', data: { shopping_cart_uuid, nobody_knows: true } }),
    event(2, { name: 'ItemAdded', data: { shopping_cart_uuid, item_name: 'Tea' } }),
  ]
  const history = CartTimeline.pack(CART, odd)
  const timeline = new CartTimeline(history)
  const { recorded_ms, happened_ms, offsets } = timeline.columns(history)
  assert.deepEqual([...recorded_ms, ...happened_ms], [Number.NaN, Number.NaN, Number.NaN, Number.NaN])
  assert.deepEqual([...offsets].map((offset, index) => timeline.entry(history, offset, index + 1)), odd)
  assert.equal(timeline.at(2).lines[0].quantity, 1)
  // As a session packs it, without its circumstances.
  const bare = session(LIFE).history(0)
  assert.equal(new CartTimeline(bare).at(6).total_minor, timeline.columns(bare).kinds.length && 942)
})

test('totals and changes are those of the moments, from anywhere on', () => {
  const timeline = new CartTimeline(packed)
  const shown = (version) => {
    const { state_hash, version: _, unknown_events, ...rest } = timeline.at(version) ?? {}
    return JSON.stringify(rest)
  }
  for (let after = 0; after <= 7; after += 1) {
    const { total_minor, changed } = timeline.totals(after, 4)
    const versions = [1, 2, 3, 4, 5, 6].filter((version) => version > after).slice(0, 4)
    assert.deepEqual([...total_minor], versions.map((version) => timeline.at(version).total_minor))
    assert.deepEqual([...changed], versions.map((version) => Number(shown(version) !== shown(version - 1))))
  }
  assert.deepEqual([...timeline.totals(0, 10).changed], [1, 1, 0, 0, 1, 1])
  for (const [after, limit] of [[-1, 3], [Number.NaN, 3], [0, 0], [99, 1]]) {
    assert.equal(timeline.totals(after, limit).changed.length, 0)
  }
})

test('texts have what can be searched for', () => {
  const timeline = new CartTimeline(packed)
  assert.deepEqual(timeline.texts(0, 10), ['own_1', 'Tea\nT-1', 'T-1', 'ItemWeighed', 'T-1', 'TEN'])
  assert.deepEqual(timeline.texts(4, 1), ['T-1'])
  assert.deepEqual(timeline.texts(1.5, 1), [])
})

test('a history of several pieces is read as one, and the bytes are never whole in the wasm', () => {
  const long = Array.from({ length: 16_000 }, (_, index) => {
    const [{ sequence: _sequence, ...first }] = recorded
    const data = { shopping_cart_uuid, item_name: `Item ${index % 50}`, quantity: 1 }
    const later = { ...first, id: id(index + 1), sequence: index + 1, type: 'tillroll.cart.ItemAdded', data }
    return index === 0 ? { ...first, sequence: 1 } : later
  })
  const history = CartTimeline.pack(CART, long)
  assert.ok(history.length > 3 << 19, String(history.length))
  const timeline = new CartTimeline(history)
  assert.equal(timeline.length, long.length)
  const { offsets, kinds } = timeline.columns(history)
  assert.deepEqual([offsets.length, kinds.length], [long.length, long.length])
  for (const version of [1, 2, 8_191, 15_000, 16_000]) {
    assert.deepEqual(timeline.entry(history, offsets[version - 1], version), long[version - 1])
  }
  assert.equal(timeline.texts(0, 1e9).length, 16_000)
  const damaged = history.slice()
  damaged[1_500_000] ^= 1
  assert.throws(() => new CartTimeline(damaged), { code: 'bad_history' })
  // The place is that of the event that is not whole.
  const cut = offsets[12_000] + 10
  const data = { byte: offsets[12_000], problem: 'cut' }
  assert.throws(() => timeline.columns(history.subarray(0, cut)), { code: 'bad_history', data })
})

test('bytes that are no history are told of by their place, whatever they are asked for', () => {
  const timeline = new CartTimeline(packed)
  for (let cut = 0; cut < packed.length; cut += 1) {
    assert.throws(() => timeline.columns(packed.subarray(0, cut)), { code: 'bad_history' }, `cut at ${cut}`)
  }
  for (let at = 0; at < packed.length; at += 1) {
    const damaged = packed.slice()
    damaged[at] ^= 0x15
    assert.throws(() => timeline.columns(damaged), { code: 'bad_history' }, `damaged at ${at}`)
    // Bytes that happen to be a frame are one; anything else is told of.
    try {
      timeline.entry(packed, at, 1)
    } catch (thrown) {
      assert.equal(thrown.code, 'bad_history')
    }
  }
  assert.throws(() => timeline.entry(packed, packed.length + 5, 1), { code: 'bad_history', data: { byte: 0, problem: 'cut' } })
  assert.throws(() => timeline.entry('bytes', 0, 1), { code: 'malformed', data: { at: '/history', problem: 'wrong_type' } })
  assert.equal(timeline.at(6).total_minor, 942, 'nothing of that has changed it')
})

test('events that do not follow each other, or are none, are not packed', () => {
  const [first, second] = recorded
  const refused = [
    [[second], 'wrong_sequence', { expected: 1, found: 2 }],
    [[first, first], 'wrong_sequence', { expected: 2, found: 1 }],
    [[{ ...first, subject: id(7) }], 'foreign_cart', { cart: CART, found: id(7) }],
    [[{ ...first, type: 'other.CartOpened' }], 'malformed', { at: '/events/0/type', problem: 'wrong_value' }],
    [[{ ...first, id: 'x' }], 'malformed', { at: '/events/0/id', problem: 'wrong_value' }],
    [[first, { ...second, recordedtime: 'today' }], 'malformed', { at: '/events/1/recordedtime', problem: 'wrong_value' }],
    [[{ ...first, schemaversion: -1 }], 'malformed', { at: '/events/0/schemaversion', problem: 'wrong_value' }],
    [[{ ...first, data: null }], 'malformed', { at: '/events/0/data', problem: 'wrong_type' }],
    [[null], 'malformed', { at: '/events/0', problem: 'wrong_type' }],
    ['events', 'malformed', { at: '/events', problem: 'wrong_type' }],
  ]
  for (const [list, code, data] of refused) assert.throws(() => CartTimeline.pack(CART, list), { code, data })
  assert.equal(new CartTimeline(CartTimeline.pack(CART, [])).length, 0)
  assert.deepEqual(CartTimeline.pack(CART, recorded.slice(2), 2).length < packed.length, true)
})
