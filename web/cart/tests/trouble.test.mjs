// Reloads, storages that fail, servers that talk nonsense, names that are meant to hurt: nothing that the shopper did is
// lost, and what is wrong is said.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import {
  CartError,
  createCart,
  indexedDBStorage,
  memoryStorage,
  openCart,
  openCartSync,
  openTimeline,
  packHistory,
} from '@tillroll/cart'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { add, CART, countOf, id, World } from './support/world.mjs'

globalThis.IDBKeyRange = IDBKeyRange

test('a reload in the middle of sending goes on with the same ids', async () => {
  const world = new World()
  const first = await world.tab({ faults: { latencyMs: [4_000, 4_000] } })
  await world.run(20_000)
  const { id } = first.cart.dispatch(add('Tea'))
  await world.run(1_000)
  assert.equal(world.state.version, 1)
  first.kill()
  world.tabs.length = 0
  const second = await world.tab({ faults: { offline: true } })
  const pending = second.cart.getSnapshot().pending.find((one) => one.id === id)
  assert.equal(pending.progress, 'doubtful')
  assert.equal(second.cart.getSnapshot().totals.total_minor, 100)
  await world.expectAgreement()
  assert.equal(countOf(world, 'Tea'), 1)
})

test('IndexedDB keeps the queue, the history and the token, apart for each principal', async () => {
  const factory = new IDBFactory()
  const storage = indexedDBStorage(factory)
  const server = new World().server
  const opened = (principal, transport) =>
    openCart({ id: CART, principal, open: { currency: 'EUR' }, storage, transport })
  const deaf = {
    send: async () => ({ result: 'failed', maybeDone: false, error: new CartError('unreachable', 'no') }),
    open: () => Promise.reject(new CartError('unreachable', 'no')),
    page: () => Promise.reject(new CartError('unreachable', 'no')),
  }
  const offline = await opened('ann', deaf)
  const { id } = offline.dispatch(add('Tea'))
  assert.equal(offline.getSnapshot().storage, 'saved')
  await offline.close()

  const bob = await opened('bob', deaf)
  assert.equal(
    bob.getSnapshot().pending.some((one) => one.id === id),
    false,
  )
  await bob.close()

  const online = await opened('ann', server)
  const { confirmed } = online.dispatch(add('Tea'), { id })
  assert.deepEqual(await confirmed, { outcome: 'confirmed', version: 2, changed: false })
  await online.close()
  const { rows, history } = await (await storage.open('ann', CART)).read()
  assert.deepEqual(rows, [])
  assert.ok(history.length > 0)
  assert.equal(await (await storage.open('ann', CART)).token('x'), await (await storage.open('ann', CART)).token('y'))
})

const SHOP = {
  version: 'monday',
  currency: 'EUR',
  items: [{ sku: 'tea', item_name: 'Tea', price: { minor: 349 } }],
  discounts: [{ code: 'TEN', rule: { kind: 'percent_off', basis_points: 1_000 } }],
}

test('a page that begins in a tunnel has the prices and rules that it was served last, until it hears others', async () => {
  const world = new World({ catalogue: SHOP, storage: indexedDBStorage(new IDBFactory()) })
  const asked = []
  const server = {
    ...world.server,
    catalogue: (etag, context) => asked.push(etag) && world.server.catalogue(etag, context),
  }
  const tea = { type: 'AddItem', data: { item_name: 'Tea', sku: 'tea' } }
  const first = await world.tab({ server })
  first.cart.dispatch(tea)
  await world.run()
  await first.cart.close()
  world.tabs.length = 0

  const { cart, faults } = await world.tab({ server, faults: { offline: true } })
  cart.dispatch(tea)
  cart.dispatch({ type: 'ApplyDiscount', data: { code: 'TEN' } })
  assert.equal(cart.getSnapshot().totals.total_minor, 698 - 70)
  const refused = (command) => cart.dispatch(command).refusal?.code
  assert.equal(refused({ type: 'ApplyDiscount', data: { code: 'HALF' } }), 'discount_unknown')
  assert.equal(refused({ type: 'AddItem', data: { item_name: 'Gold', sku: 'gold' } }), 'item_unknown')
  faults.offline = false
  cart.reconnect()
  await world.run()
  assert.deepEqual([...new Set(asked)], [null, 'monday'], 'they are fetched once')
  assert.equal(asked.lastIndexOf(null), 0)
  await world.expectAgreement()

  world.server.setCatalogue({ ...SHOP, version: 'tuesday', items: [{ ...SHOP.items[0], price: { minor: 400 } }] })
  cart.reconnect()
  await world.run()
  await cart.close()
  world.tabs.length = 0
  const third = await world.tab({ server, faults: { offline: true } })
  third.cart.dispatch(tea)
  assert.equal(third.cart.getSnapshot().lines[0].price.minor, 400)
  // Another principal may be served others.
  const other = await world.tab({ server, faults: { offline: true }, principal: 'ann' })
  assert.equal(other.cart.dispatch({ type: 'ApplyDiscount', data: { code: 'TEN' } }).refusal?.code, 'discount_unknown')
})

test('prices that are kept and cannot be read are fetched again, and those that are served no more are forgotten', async () => {
  const storage = memoryStorage(true)
  const kept = await storage.open('', CART)
  await kept.catalogue({ catalogue: { items: 'all' }, etag: 'monday' })
  const world = new World({ catalogue: SHOP, storage })
  const { cart } = await world.tab()
  await world.run()
  assert.equal((await kept.catalogue()).catalogue.version, 'monday')
  assert.equal(cart.getSnapshot().storage, 'saved')
  world.server.setCatalogue(null)
  cart.reconnect()
  await world.run()
  assert.equal(await kept.catalogue(), null)
})

const failing = (which) => ({
  shared: true,
  open: async (...of) => {
    if (which.has('open')) throw new DOMException('a private window', 'InvalidStateError')
    const storage = await memoryStorage(true).open(...of)
    const guarded =
      (name) =>
      (...given) => {
        if (which.has(name)) throw new DOMException('the disk is full', 'QuotaExceededError')
        return storage[name](...given)
      }
    return { ...storage, read: guarded('read'), write: guarded('write'), writeHistory: guarded('writeHistory') }
  },
})

for (const which of ['open', 'read', 'write', 'writeHistory']) {
  test(`a storage whose ${which} fails is told of, and everything goes on from memory`, async () => {
    const broken = new Set([which])
    const world = new World({ storage: failing(broken) })
    const { cart } = await world.tab()
    const { confirmed } = cart.dispatch(add('Tea'))
    await world.run(5_000)
    assert.equal((await confirmed).outcome, 'confirmed')
    const { storage, storageError } = cart.getSnapshot()
    if (which === 'writeHistory') assert.equal(storage, 'saved', 'it is a copy of what the server has')
    else assert.deepEqual([storage, storageError.code], ['failed', 'storage_failed'])
    broken.clear()
    cart.dispatch(add('Bread'))
    await world.expectAgreement()
    if (which === 'write') assert.equal(cart.getSnapshot().storage, 'saved', 'it works again')
  })
}

test('a storage that never answers holds nothing up for long', async () => {
  const world = new World({ storage: { shared: true, open: () => new Promise(() => {}) } })
  const tab = world.simulation.tab()
  const opening = openCart({
    id: CART,
    open: true,
    storage: world.storage,
    transport: world.server,
    environment: tab.environment,
  })
  await world.run(10_000)
  const cart = await opening
  cart.dispatch(add('Tea'))
  await world.run()
  assert.equal(world.state.total_minor, 100)
})

test('rows that cannot be read are left where they are, and said', async () => {
  const world = new World()
  await (await world.storage.open('', CART)).write({
    rows: [{ id: id(5), stage: 'lost' }],
    removed: [],
    settledThrough: 0,
  })
  const { cart } = await world.tab()
  cart.dispatch(add('Tea'))
  await world.expectAgreement()
  assert.deepEqual([cart.getSnapshot().storage, world.state.total_minor], ['failed', 100])
  assert.equal((await (await world.storage.open('', CART)).read()).rows.length, 1)
})

const NONSENSE = [
  undefined,
  null,
  'ok',
  [],
  {},
  { results: 7, version: 1, state_hash: null, reducer: 'x' },
  { results: [{ command_id: id(1), status: 'fine' }], version: 1, state_hash: null, reducer: 'x' },
  { results: [], version: -1, state_hash: null, reducer: 'x' },
  { results: [], version: 1.5, state_hash: null, reducer: 'x' },
  { results: [], version: 1, state_hash: 'zz', reducer: 'x' },
  { results: [], version: 1, state_hash: null },
  JSON.parse('{"__proto__": {"results": []}}'),
]

test('replies that are none are errors of the connection, and the same commands go again', async () => {
  const world = new World()
  const left = [...NONSENSE]
  const server = {
    ...world.server,
    send: async (...sending) =>
      left.length > 0 ? { result: 'answered', reply: left.shift() } : world.server.send(...sending),
  }
  const { cart } = await world.tab({ server })
  cart.dispatch(add('Tea'))
  await world.run(100)
  assert.equal(cart.getSnapshot().connection.state, 'waiting')
  assert.equal(cart.getSnapshot().connection.error.code, 'malformed_reply')
  await world.run(600_000)
  assert.equal(left.length, 0)
  await world.expectAgreement()
  assert.equal(countOf(world, 'Tea'), 1)
})

test('a transport that throws, or answers nothing, loses nothing', async () => {
  const world = new World()
  const left = [
    () => undefined,
    () => ({ result: 'maybe' }),
    () => Promise.reject(new TypeError('no')),
    () => {
      throw 'no'
    },
  ]
  const server = { ...world.server, send: async (...sending) => (left.shift() ?? world.server.send)(...sending) }
  const { cart } = await world.tab({ server })
  cart.dispatch(add('Tea'))
  await world.run(120_000)
  assert.equal(left.length, 0)
  await world.expectAgreement()
  assert.equal(countOf(world, 'Tea'), 1)
})

test('a request that takes too long is given up and sent again', async () => {
  const world = new World()
  let first = true
  const server = {
    ...world.server,
    send: (...sending) => {
      if (!first) return world.server.send(...sending)
      first = false
      return new Promise(() => {})
    },
  }
  const { cart } = await world.tab({ server, timeoutMs: 2_000 })
  await world.run(2_100)
  assert.equal(cart.getSnapshot().connection.error.code, 'timed_out')
  cart.dispatch(add('Tea'))
  await world.expectAgreement()
})

test('events of another cart and pages that cannot be read are refused, and said', async () => {
  for (const [page, code] of [
    [
      (world) => ({ events: world.server.events(CART).map((event) => ({ ...event, subject: id(77) })), more: false }),
      'foreign_cart',
    ],
    [() => ({ packed: new Uint8Array([1, 2, 3]), more: false }), 'malformed_reply'],
    [() => ({ events: [{ type: 'nonsense' }], more: false }), 'malformed_reply'],
    [() => ({ events: [], more: true }), 'malformed_reply'],
  ]) {
    const world = new World()
    world.server.act(CART, [{ command_id: id(1), type: 'OpenCart', data: {} }])
    let broken = true
    const server = {
      ...world.server,
      page: async (...asked) => (broken ? page(world) : world.server.page(...asked)),
    }
    const { cart } = await world.tab({ server, open: undefined })
    assert.equal(cart.getSnapshot().connection.error.code, code)
    assert.equal(cart.getSnapshot().confirmedVersion, 0)
    broken = false
    await world.expectAgreement()
  }
})

test('Retry-After is obeyed, and a connection that comes back is used at once', async () => {
  const world = new World()
  let calls = 0
  const server = {
    ...world.server,
    send: async (...sending) => {
      calls++
      if (calls > 1) return world.server.send(...sending)
      const error = new CartError('unavailable', 'later')
      return { result: 'failed', maybeDone: false, retryAfterMs: 60_000, error }
    },
  }
  const { cart } = await world.tab({ server })
  await world.run(59_000)
  assert.equal(calls, 1)
  const { state, retryAt } = cart.getSnapshot().connection
  assert.deepEqual([state, retryAt > world.simulation.now()], ['waiting', true])
  world.simulation.setOnline(false)
  assert.equal(cart.getSnapshot().connection.state, 'offline')
  world.simulation.setOnline(true)
  await world.run(10)
  assert.equal(calls, 2)
})

test('a cart of the page’s own is not asked for before it is open', async () => {
  const world = new World()
  const asked = []
  const spied =
    (name) =>
    (of, context, ...more) => {
      asked.push([name, world.state?.version ?? 0])
      return world.server[name](of, context, ...more)
    }
  const server = { ...world.server, page: spied('page'), open: spied('open') }
  const first = await world.tab({ server, faults: { offline: true } })
  const second = await world.tab({ server, faults: { offline: true } })
  first.cart.dispatch(add('Tea'))
  await world.run(30_000)
  assert.deepEqual([asked, first.cart.getSnapshot().connection.state], [[], 'waiting'])
  for (const { faults } of [first, second]) faults.offline = false
  await world.expectAgreement()
  assert.equal(second.cart.getSnapshot().confirmedVersion, 2)
  assert.ok(asked.length > 0 && asked.every(([, version]) => version > 0), JSON.stringify(asked))
})

test('a quantity that is typed in a tunnel goes out as one command', async () => {
  const world = new World()
  const { cart, faults } = await world.tab()
  cart.dispatch(add('Tea'))
  await world.run()
  world.simulation.setOnline(false)
  faults.offline = true
  await world.run(2_000)
  const typed = [2, 3, 4, 5].map((quantity) => ({ type: 'ChangeQuantity', data: { sku: 'Tea', quantity } }))
  const results = []
  for (const command of typed) {
    results.push(cart.dispatch(command))
    await world.run(45_000)
  }
  assert.deepEqual(
    cart.getSnapshot().pending.map(({ id, progress }) => ({ id, progress })),
    [{ id: results[3].id, progress: 'waiting' }],
  )
  assert.deepEqual(await results[0].confirmed, { outcome: 'superseded', by: results[1].id })
  await world.expectAgreement()
  assert.equal(world.state.lines[0].quantity, 5)
  assert.equal(world.server.events(CART).length, 3)
})

test('a browser that knows of no network sends to a server that it reaches all the same', async () => {
  const world = new World()
  world.simulation.setOnline(false)
  const { cart } = await world.tab()
  cart.dispatch(add('Tea'))
  await world.run(60_000)
  assert.equal(world.state.total_minor, 100)
  cart.dispatch(add('Bread'))
  await world.run(1_000)
  assert.equal(world.state.total_minor, 200)
})

test("what is turned away whole waits for attention, with the server's code", async () => {
  const world = new World()
  const { cart } = await world.tab({ open: undefined })
  await world.run()
  assert.equal(cart.getSnapshot().status, 'none')
  assert.equal(cart.dispatch(add('Tea')).refusal.code, 'cart_not_found')
  world.server.act(CART, [{ command_id: id(1), type: 'OpenCart', data: {} }])
  const other = {
    ...world.server,
    send: async () => ({ result: 'rejected', code: 'new_code', message: 'not so', details: { a: 1 } }),
  }
  const second = await world.tab({ server: other, open: undefined, storage: null })
  await world.run()
  second.cart.dispatch(add('Tea'))
  await world.run()
  const [{ refusal }] = second.cart.getSnapshot().attention
  assert.deepEqual(refusal, { code: 'other', said: 'new_code', message: 'not so', details: { a: 1 } })
})

test('a server with other rules asks for an update; what is pending is kept and still sent', async () => {
  const world = new World()
  const server = {
    ...world.server,
    send: async (...sending) => {
      const answered = await world.server.send(...sending)
      return { ...answered, reply: { ...answered.reply, reducer: 'fedcba9876543210' } }
    },
  }
  const { cart } = await world.tab({ server })
  await world.run()
  assert.equal(cart.getSnapshot().updateNeeded, true)
  assert.equal(cart.getSnapshot().diverged, null, 'hashes of other rules are not compared')
  cart.dispatch(add('Tea'))
  await world.run()
  assert.equal(world.state.total_minor, 100)
})

test('an event of a newer build is kept, and nothing is decided on it', async () => {
  const world = new World()
  world.server.act(CART, [{ command_id: id(1), type: 'OpenCart', data: {} }])
  const [opened] = world.server.events(CART)
  const newer = { ...opened, id: id(2), sequence: 2, type: 'tillroll.cart.GiftWrapped', data: { ribbon: 'red' } }
  const server = {
    ...world.server,
    page: async () => ({ events: [opened, newer], more: false }),
    open: () => new Promise(() => {}),
  }
  const { cart } = await world.tab({ server, open: undefined })
  await world.run()
  const { updateNeeded, confirmedVersion } = cart.getSnapshot()
  assert.deepEqual([updateNeeded, confirmedVersion], [true, 2])
  const { status, confirmed } = cart.dispatch(add('Tea'))
  assert.deepEqual([status, await confirmed], ['update_needed', { outcome: 'not_taken' }])
  assert.equal(cart.history().at(-1).type, 'GiftWrapped')
})

test('no name that a shopper types is special', async () => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    '<img src=x onerror=alert(1)>',
    '\u202egnp.exe',
    '👩‍🚀',
    '"',
    '\\',
  ]
  const world = new World()
  const { cart } = await world.tab()
  for (const name of names) assert.equal(cart.dispatch(add(name)).status, 'applied')
  assert.equal(cart.dispatch(add('a\nb')).refusal.code, 'invalid_name')
  assert.equal(cart.dispatch(add('x'.repeat(257))).refusal.code, 'invalid_name')
  await world.expectAgreement()
  assert.deepEqual(
    cart.getSnapshot().lines.map(({ sku }) => sku),
    names,
  )
  assert.deepEqual(cart.diff(1, 2).map(({ path }) => path)[0], '/lines/__proto__')
  assert.equal({}.polluted, undefined)
})

test('what is no command is thrown back with the place that is wrong, and changes nothing', async () => {
  const world = new World()
  const { cart } = await world.tab()
  const before = cart.getSnapshot()
  for (const [command, at] of [
    [undefined, '/command'],
    [{ type: 'StealCart', data: {} }, '/command/type'],
    [{ type: 'AddItem', data: { item_name: 'Tea', qty: 2 } }, '/command/data/qty'],
    [{ type: 'AddItem', data: { item_name: 'Tea', quantity: 1.5 } }, '/command/data/quantity'],
  ]) {
    assert.throws(
      () => cart.dispatch(command),
      (error) => {
        assert.ok(error instanceof CartError)
        assert.deepEqual([error.code, error.details.at], ['malformed', at])
        return true
      },
    )
  }
  assert.throws(() => cart.dispatch(add('Tea'), { id: 'tea' }), { code: 'malformed' })
  assert.equal(cart.getSnapshot(), before)
  await assert.rejects(openCart({ id: 'cart', transport: world.server, storage: null }), { code: 'malformed' })
  await cart.close()
  assert.throws(() => cart.dispatch(add('Tea')), { code: 'closed' })
})

test('a cart shows what the server rendered and queues commands until the rules are there', async () => {
  const world = new World()
  world.server.act(CART, [
    { command_id: id(1), type: 'OpenCart', data: { currency: 'EUR' } },
    { command_id: id(2), ...add('Tea') },
  ])
  const { environment } = world.simulation.tab()
  const cart = createCart({ id: CART, transport: world.server, storage: null, initial: world.state, environment })
  const rendered = cart.getServerSnapshot()
  assert.deepEqual([rendered.totals.total_minor, rendered.confirmedVersion, rendered.status], [100, 2, 'open'])
  assert.equal(cart.getServerSnapshot(), rendered)
  const early = cart.dispatch(add('Bread'))
  await world.run()
  await cart.ready
  assert.equal(early.status, 'queued')
  assert.equal((await early.confirmed).outcome, 'confirmed')
  assert.equal(cart.getSnapshot().totals.total_minor, 200)
  assert.equal(cart.getServerSnapshot(), rendered, 'hydration compares it once more')
})

test('an id that is used for another command is refused, and the first one is not told so', async () => {
  const world = new World()
  const { cart } = await world.tab()
  const first = cart.dispatch(add('Tea'))
  const second = cart.dispatch(add('Bread'), { id: first.id })
  assert.deepEqual([second.status, second.refusal.code], ['refused', 'command_reused'])
  const again = cart.dispatch(add('Tea'), { id: first.id })
  assert.equal(again.status, 'again')
  await world.expectAgreement()
  assert.equal((await second.confirmed).outcome, 'refused')
  assert.equal((await first.confirmed).outcome, 'confirmed')
  assert.deepEqual(await again.confirmed, await first.confirmed)
  assert.deepEqual(await cart.dispatch(add('Tea'), { id: first.id }).confirmed, await first.confirmed)
})

test('a cart without a storage decides at once when the rules are there', async () => {
  const world = new World()
  const { environment } = world.simulation.tab()
  const cart = openCartSync({ id: CART, open: { currency: 'EUR' }, transport: world.server, environment })
  assert.equal(cart.dispatch(add('Tea', 250)).status, 'applied')
  assert.equal(cart.getSnapshot().totals.total_minor, 250)
  await world.run()
  assert.equal(world.state.total_minor, 250)
})

test('the token is made once, told to the server as its hash, and sent with each request', async () => {
  const world = new World()
  const tokens = new Set()
  const server = {
    ...world.server,
    send: (batch, context) => {
      tokens.add(context.token)
      return world.server.send(batch, context)
    },
  }
  const first = await world.tab({ server })
  first.cart.dispatch(add('Tea'))
  await world.run()
  await first.cart.close()
  world.tabs.length = 0
  const second = await world.tab({ server, open: undefined })
  second.cart.dispatch(add('Bread'))
  await world.expectAgreement()
  const [token, ...others] = tokens
  assert.deepEqual(others, [])
  assert.match(token, /^[0-9a-f]{64}$/)
  const [opened] = world.server.events(CART)
  assert.equal(opened.data.token_hash, createHash('sha256').update(token).digest('hex'))
})

test('undo discards what was not sent, and takes back what was', async () => {
  const world = new World()
  const { cart, faults } = await world.tab()
  const tea = cart.dispatch(add('Tea', 100, 2))
  await world.run()
  const more = cart.dispatch({ type: 'ChangeQuantity', data: { sku: 'Tea', quantity: 5 } })
  await world.run()
  assert.equal(cart.undo(more.id).status, 'dispatched')
  assert.equal(cart.getSnapshot().lines[0].quantity, 2)
  await world.run()
  const removed = cart.dispatch({ type: 'RemoveItem', data: { sku: 'Tea' } })
  await world.run()
  cart.undo(removed.id)
  assert.deepEqual(
    cart.getSnapshot().lines.map(({ sku, total_minor }) => [sku, total_minor]),
    [['Tea', 200]],
  )
  await world.run()
  cart.undo(tea.id)
  assert.deepEqual(cart.getSnapshot().lines, [])
  await world.run()
  faults.offline = true
  await world.run()
  cart.dispatch(add('Jam'))
  const unsent = cart.dispatch(add('Bread'))
  assert.equal(cart.undo(unsent.id).status, 'discarded')
  assert.equal(cart.undo(CART).status, 'not_undoable')
  assert.equal(cart.undo(id(999)).status, 'unknown')
  await world.expectAgreement()
})

test('any earlier moment can be seen', async () => {
  const world = new World()
  const { cart } = await world.tab()
  cart.dispatch(add('Tea'))
  cart.dispatch({ type: 'ChangeQuantity', data: { sku: 'Tea', quantity: 3 } })
  await world.expectAgreement()
  assert.equal(cart.at(0), null)
  assert.deepEqual([cart.at(2).total_minor, cart.at(3).total_minor, cart.at(4)], [100, 300, undefined])
  assert.deepEqual(
    cart.history({ from: 2 }).map(({ version, type }) => [version, type]),
    [
      [2, 'ItemAdded'],
      [3, 'ItemQuantityChanged'],
    ],
  )
  assert.deepEqual(cart.diff(2, 3)[0], { path: '/lines/Tea/quantity', from: 1, to: 3 })
  const timeline = await cart.timeline()
  assert.equal(timeline.length, 3)
  assert.deepEqual(
    timeline.life('/total_minor', 1, 3).map(({ version, to }) => [version, to]),
    [
      [2, 100],
      [3, 300],
    ],
  )
  timeline.free()
})

test('a history keeps its bytes on this side: columns and single events are read from them, and events are packed', async () => {
  const world = new World()
  const { cart } = await world.tab()
  cart.dispatch(add('Tea'))
  await world.expectAgreement()
  const packed = cart.exportPacked()
  const timeline = await openTimeline(packed)
  const { kinds, offsets } = timeline.columns(packed)
  assert.deepEqual([...kinds], [0, 2])
  const events = [...offsets].map((offset, index) => timeline.entry(packed, offset, index + 1))
  assert.deepEqual(
    events.map(({ type, sequence, subject }) => [type, sequence, subject]),
    [
      ['tillroll.cart.CartOpened', 1, cart.id],
      ['tillroll.cart.ItemAdded', 2, cart.id],
    ],
  )
  assert.deepEqual(await packHistory(cart.id, events), packed)
  const wrong = { name: 'CartError', code: 'malformed' }
  assert.throws(() => timeline.append(packed), { ...wrong, details: { byte: 0, problem: 'does_not_follow' } })
  assert.throws(() => timeline.entry(packed, packed.length, 1), wrong)
  await assert.rejects(openTimeline(packed.subarray(1)), wrong)
  await assert.rejects(packHistory(cart.id, [events[1]]), { ...wrong, details: { expected: 1, found: 2 } })
  timeline.free()
})

test("a listener that throws is not the cart's fault", async () => {
  const world = new World()
  const { cart } = await world.tab()
  let heard = 0
  const end = cart.subscribe(() => {
    throw new Error('a listener')
  })
  cart.subscribe(() => heard++)
  assert.equal(cart.dispatch(add('Tea')).status, 'applied')
  assert.ok(heard > 0)
  end()
  let reported = 0
  for (let nth = 0; nth < 10; nth++) await world.run().catch(({ message }) => (reported += message === 'a listener'))
  assert.ok(reported > 0)
  await world.expectAgreement()
})
