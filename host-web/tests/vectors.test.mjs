// tests/vectors through the built wasm: what the core says natively, it says here.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CART, CartTimeline, NOW, event, id, session, unhex, vectors } from './built.mjs'

const asEvents = (named) => named.map(({ name, data }) => ({ type: name, data }))

/** The session in which a vector's command is dispatched, or none: history is not written down in a browser. */
const dispatching = ({ given, tariff }) => {
  if (tariff === 'history') return undefined
  const it = session(given)
  if (tariff.catalogue) it.setCatalogue(tariff.catalogue)
  return it
}

for (const [name, vector] of vectors('decided')) {
  test(`decided: ${name}`, () => {
    const folded = session([...vector.given, ...vector.then])
    assert.deepEqual(folded.at(vector.state.version), vector.state)
    assert.deepEqual(folded.snapshot().cart, vector.state)

    const it = dispatching(vector)
    if (!it) return
    const { status } = it.dispatch(vector.when, id(1), NOW)
    assert.equal(status, vector.then.length > 0 ? 'applied' : 'noop')
    const { cart, pending } = it.snapshot()
    assert.deepEqual(cart, vector.state)
    assert.deepEqual(pending.flatMap(({ now }) => now), asEvents(vector.then))
  })
}

for (const [name, vector] of vectors('refused')) {
  test(`refused: ${name}`, () => {
    const it = dispatching(vector)
    if (!it) return
    const before = it.snapshot()
    const said = it.dispatch(vector.when, id(1), NOW)
    assert.deepEqual(said, { status: 'refused', ...vector.refused })
    assert.equal(it.snapshot(), before, 'nothing changed')
  })
}

for (const [name, { name: type, data, again }] of vectors('wire')) {
  test(`wire: ${name}`, () => {
    const timeline = new CartTimeline(session([{ name: type, data }]).history(0))
    assert.deepEqual(timeline.event(1), { version: 1, type, data: again ?? data })
  })
}

for (const [name, vector] of vectors('timeline')) {
  test(`timeline: ${name}`, () => {
    const it = session(vector.given)
    const timeline = new CartTimeline(it.history(0))
    assert.equal(timeline.length, vector.given.length)
    for (const { from, to, changes } of vector.diffs) {
      assert.deepEqual(timeline.diff(from, to), changes)
      assert.deepEqual(it.diff(from, to), changes)
    }
    for (const { pointer, turns } of vector.lives) {
      assert.deepEqual(timeline.life(pointer, 1, timeline.length), turns)
    }
  })
}

for (const [name, vector] of vectors('packed')) {
  test(`packed: ${name}`, () => {
    const bytes = unhex(vector.bytes.join(''))
    if (vector.after > 0) {
      assert.throws(() => new CartTimeline(bytes), { code: 'bad_history', data: { byte: 0, problem: 'does_not_follow' } })
      return
    }
    const timeline = new CartTimeline(bytes)
    assert.equal(timeline.cart, vector.stream)
    assert.equal(timeline.length, vector.events.length)
    for (const [index, { name: type, data }] of vector.events.entries()) {
      assert.deepEqual(timeline.event(index + 1), { version: index + 1, type, data })
    }
    for (let cut = 0; cut < bytes.length; cut += 1) {
      assert.throws(() => new CartTimeline(bytes.subarray(0, cut)), { code: 'bad_history' })
    }
  })
}

test('a session and a timeline show the same moments, and nothing beyond the last', () => {
  const given = [
    { name: 'CartOpened', data: { shopping_cart_uuid: CART, currency: 'EUR' } },
    { name: 'ItemAdded', data: { shopping_cart_uuid: CART, item_name: 'Tea', quantity: 2, price: { minor: 349, per: 1 } } },
    { name: 'ItemWeighed', data: {} },
  ]
  const it = session(given)
  const timeline = new CartTimeline(it.history(0))
  for (const version of [0, 1, 2, 3]) assert.deepEqual(timeline.at(version), it.at(version))
  assert.equal(timeline.at(0), null)
  assert.equal(timeline.at(2).total_minor, 698)
  for (const version of [4, -1, 0.5, NaN, Infinity]) {
    assert.equal(timeline.at(version), undefined)
    assert.equal(it.at(version), undefined)
    assert.equal(timeline.event(version), undefined)
    assert.equal(it.diff(0, version), undefined)
  }
  assert.deepEqual([...timeline.kinds(0, 10)], [0, 2, 255])
  assert.deepEqual([...timeline.kinds(1, 1)], [2])

  const more = session(given)
  more.confirm([event(4, { name: 'ItemRemoved', data: { shopping_cart_uuid: CART, sku: 'Tea' } })])
  timeline.append(more.history(3))
  assert.deepEqual(timeline.at(4), more.at(4))
  assert.throws(() => timeline.append(more.history(3)), { code: 'bad_history' })
})
