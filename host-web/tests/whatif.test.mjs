// Questions about a cart's life through the built wasm.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CART, CartTimeline, session } from './built.mjs'

const data = (more) => ({ shopping_cart_uuid: CART, ...more })
const added = (sku, quantity, minor) => ({
  name: 'ItemAdded',
  data: data({ item_name: sku, sku, quantity, price: { minor, per: 1 } }),
})
const LIFE = [
  { name: 'CartOpened', data: data({ currency: 'EUR' }) },
  added('milk', 2, 199),
  added('bread', 1, 320),
  { name: 'DiscountApplied', data: data({ code: 'SAVE10', rule: { kind: 'percent_off', basis_points: 1000, min_subtotal_minor: 500 } }) },
  { name: 'ItemRemoved', data: data({ sku: 'bread' }) },
]
const packed = session(LIFE).history(0)
const ask = (mode, edits, more = {}) => new CartTimeline(packed).whatIf(packed, { mode, edits, ...more })
const fates = ({ steps }) => steps.map(({ origin, fate, code }) => [origin, code ?? fate])

test('without the bread its discount and its removal are refused, or fold as they are', () => {
  const edits = [{ edit: 'drop', version: 3 }]
  const decided = ask('decide_again', edits)
  assert.deepEqual(fates(decided), [[3, 'dropped'], [4, 'discount_minimum_not_met'], [5, 'line_not_found']])
  assert.deepEqual(decided.steps[1].details, { code: 'SAVE10', min_subtotal_minor: 500, subtotal_minor: 398 })
  assert.deepEqual([decided.answer, decided.untouched, decided.divergence], ['alternative', 2, 0])
  assert.deepEqual(decided.money, { recorded: 398, alternative: 398, difference: 0 })
  assert.deepEqual(decided.changes.map(({ path }) => path), ['/discounts/SAVE10'])
  assert.deepEqual(ask('decide_again', [{ edit: 'drop', version: 5 }]).money, { recorded: 398, alternative: 646, difference: 248 })
  const folded = ask('as_it_is', edits)
  assert.deepEqual(fates(folded), [[3, 'dropped'], [4, 'same'], [5, 'same']])
  assert.deepEqual(folded.changes, [])
})

test('the alternative is a history of its own, any moment of it at hand, and says that it never was', () => {
  const edits = [
    { edit: 'insert', after: 1, event: { type: 'ItemAdded', data: data({ item_name: '<script>', sku: 'x', quantity: 3 }) } },
    { edit: 'issue', after: 5, command: { type: 'AddItem', data: { item_name: 'bread', sku: 'bread' } } },
    { edit: 'replace', version: 2, event: { type: 'ItemAdded', data: data({ item_name: 'milk', sku: 'milk', quantity: 9 }) } },
    { edit: 'move', version: 5, after: 3 },
  ]
  const told = ask('decide_again', edits, { redactions: ['/data/owner_ref'] })
  assert.deepEqual(fates(told), [
    [null, 'inserted'], [2, 'changed'], [3, 'same'], [5, 'moved'], [4, 'discount_minimum_not_met'], [5, 'moved_away'], [null, 'inserted'],
  ])
  const alternative = new CartTimeline(told.packed)
  assert.deepEqual([alternative.cart, alternative.length], [CART, 6])
  assert.deepEqual(alternative.at(6), told.alternative)
  assert.equal(alternative.event(2).data.item_name, '<script>')
  assert.deepEqual(alternative.event(6).data.price, { minor: 320, per: 1 }, 'the price that the history states')
  assert.deepEqual(new CartTimeline(packed).at(5), told.recorded)
  const text = new TextDecoder().decode(told.packed)
  const header = JSON.parse(text.slice(text.indexOf('{"header"'), text.indexOf(']}}}') + 4)).header
  assert.deepEqual(header.hypothetical, { mode: 'decide_again', recorded_version: 5, edits })
  assert.deepEqual([header.format_version, header.cart_id, header.redactions], [1, CART, ['/data/owner_ref']])
})

test('without edits both ways give the recorded history', () => {
  for (const mode of ['as_it_is', 'decide_again']) {
    const told = ask(mode, [])
    assert.deepEqual([told.steps, told.divergence, told.changes], [[], null, []])
    assert.deepEqual(told.alternative, told.recorded)
  }
})

test('a question that cannot be asked so says which edit is wrong', () => {
  const drop = (version) => ({ edit: 'drop', version })
  for (const [edits, reason, edit, version] of [
    [[drop(6)], 'no_such_version', 0, 6],
    [[drop(2), drop(2)], 'edited_twice', 1, 2],
    [[{ edit: 'fork', version: 2 }, drop(4)], 'behind_fork', 1, 4],
    [Array.from({ length: 65 }, () => ({ edit: 'issue', after: 0, command: { type: 'CloseCart', data: {} } })), 'too_many_edits', null, null],
  ]) {
    assert.deepEqual(ask('as_it_is', edits), { answer: 'impossible', reason, edit, version })
  }
  assert.throws(() => ask('perhaps', []), { code: 'malformed' })
  assert.throws(() => ask('as_it_is', [{ edit: 'drop', version: -1 }]), { code: 'malformed' })
  const timeline = new CartTimeline(packed)
  assert.throws(() => timeline.whatIf(packed.subarray(0, 40), { mode: 'as_it_is', edits: [] }), { code: 'bad_history' })
  assert.throws(() => timeline.whatIf(session(LIFE).history(2), { mode: 'as_it_is', edits: [] }), { code: 'bad_history' })
  assert.equal(timeline.length, 5, 'nothing of it was lost')
})

test('pages of a history become one, with something beside its events', () => {
  const timeline = new CartTimeline(packed)
  const page = (after) => session(LIFE).history(after)
  const cut = timeline.whatIf(packed, { mode: 'as_it_is', edits: [{ edit: 'fork', version: 2 }] }).packed
  assert.deepEqual(timeline.join([packed]), packed)
  const joined = timeline.join([cut, page(2)], '{"header":1}')
  assert.deepEqual(new CartTimeline(joined).at(5), timeline.at(5))
  assert.ok(new TextDecoder().decode(joined).includes('{"header":1}') && !new TextDecoder().decode(joined).includes('hypothetical'))
  assert.throws(() => timeline.join([cut, page(3)]), { code: 'bad_history' })
  assert.deepEqual(timeline.join([]), new Uint8Array())
})
