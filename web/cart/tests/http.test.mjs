// The transport over HTTP: what it asks, what it makes of answers, and how it falls back. Then all of it against the real
// system, if it is built.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CartError, http, openCart, openTimeline } from '@tillroll/cart'
import { skippedOnADesk } from '../../tests/harness/ci.mjs'
import { startTillroll } from '../../tests/harness/tillroll.mjs'
import { until } from '../../tests/harness/until.mjs'
import { add, CART, id } from './support/world.mjs'

const context = () => ({ cart: CART, token: 'secret', signal: new AbortController().signal })
const answering =
  (status, body, headers = {}) =>
  async () =>
    new Response(body === null ? null : typeof body === 'string' ? body : JSON.stringify(body), { status, headers })
const problem = (code) => ({ code, detail: `a sentence about ${code}`, errors: [], retryable: false })
const batch = [{ command_id: id(11), ...add('Tea') }]

test('a batch is posted with the tokens, and its reply handed on unread', async () => {
  let asked
  const transport = http({
    url: new URL('https://shop.example/api/'),
    bearer: async () => 'jwt',
    fetch: async (url, init) => {
      asked = { url, ...init, headers: Object.fromEntries(init.headers) }
      return new Response('{"anything": 1}')
    },
  })
  assert.deepEqual(await transport.send(batch, context()), { result: 'answered', reply: { anything: 1 } })
  assert.equal(asked.url, `https://shop.example/api/carts/${CART}/commands`)
  assert.equal(asked.method, 'POST')
  assert.deepEqual(JSON.parse(asked.body), { commands: batch })
  assert.deepEqual(asked.headers, {
    authorization: 'Bearer jwt',
    'content-type': 'application/json',
    'tillroll-cart-token': 'secret',
  })
})

test('an answer that is an error says whether the commands are at fault, and whether they may be done', async () => {
  for (const [status, headers, expected] of [
    [400, {}, { result: 'rejected', code: 'some_code' }],
    [404, {}, { result: 'rejected', code: 'some_code' }],
    [413, {}, { result: 'rejected', code: 'some_code' }],
    [401, {}, { result: 'failed', maybeDone: false }],
    [403, {}, { result: 'failed', maybeDone: false }],
    [409, {}, { result: 'failed', maybeDone: false }],
    [429, { 'retry-after': '7' }, { result: 'failed', maybeDone: false, retryAfterMs: 7_000 }],
    [500, {}, { result: 'failed', maybeDone: true }],
    [503, { 'retry-after': '2' }, { result: 'failed', maybeDone: true, retryAfterMs: 2_000 }],
    [503, { 'retry-after': 'soon' }, { result: 'failed', maybeDone: true, retryAfterMs: 0 }],
  ]) {
    const said = await http({ fetch: answering(status, problem('some_code'), headers) }).send(batch, context())
    for (const [name, value] of Object.entries(expected)) assert.equal(said[name], value, `${status}: ${name}`)
  }
  const bare = await http({ fetch: answering(502, '<html>') }).send(batch, context())
  assert.deepEqual([bare.result, bare.error.details.code], ['failed', 'http_502'])
})

test('what is no JSON, or breaks off, is an error with a code', async () => {
  const cut = new Response(new ReadableStream({ start: (control) => control.error(new TypeError('cut')) }))
  for (const [fetch, code] of [
    [answering(200, '{"results": ['), 'malformed_reply'],
    [async () => cut, 'unreachable'],
    [async () => Promise.reject(new TypeError('failed to fetch')), 'unreachable'],
  ]) {
    await assert.rejects(
      http({ fetch }).send(batch, context()),
      (error) => error instanceof CartError && error.code === code,
    )
  }
})

/** A stream whose bytes come in the pieces that are given. */
const streaming = (pieces) =>
  new Response(
    new ReadableStream({
      start(control) {
        for (const piece of pieces) control.enqueue(new TextEncoder().encode(piece))
        control.close()
      },
    }),
    { headers: { 'content-type': 'text/event-stream' } },
  )

test('a stream is read however its bytes are cut, and says when it stands', async () => {
  const text =
    'retry: 1000\n\n: heartbeat\n\nid: 3\r\nevent: x\r\ndata: {"sequence":3,\r\ndata: "ä":1}\r\n\r\nid: 4\ndata:{"sequence":4}\n\ndata: {"never":'
  for (const size of [1, 2, 7, 1_000]) {
    const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g'))
    const [taken, asked] = [[], []]
    let opened = 0
    const transport = http({
      fetch: async (url, { headers }) => {
        asked.push([url, headers.get('last-event-id'), headers.get('accept')])
        return streaming(pieces)
      },
    })
    await transport.open(
      2,
      context(),
      (events) => taken.push(...events),
      () => opened++,
    )
    assert.deepEqual(taken, [{ sequence: 3, ä: 1 }, { sequence: 4 }])
    assert.deepEqual([opened, asked], [1, [[`/carts/${CART}/stream`, '2', 'text/event-stream']]])
  }
})

test('where streams do not get through, long polls take their place', async () => {
  for (const first of [
    answering(404, problem('not_found')),
    answering(405, problem('method_not_allowed')),
    answering(200, '<html>', { 'content-type': 'text/html' }),
  ]) {
    const asked = []
    const stop = new AbortController()
    const transport = http({
      fetch: async (url) => {
        asked.push(url)
        if (url.includes('/stream')) return first()
        if (asked.length > 3) stop.abort()
        stop.signal.throwIfAborted()
        return new Response(JSON.stringify({ events: asked.length === 2 ? [{ sequence: 5 }] : [], cursor: null }))
      },
    })
    const taken = []
    const open = () =>
      transport.open(
        4,
        { ...context(), signal: stop.signal },
        (events) => taken.push(...events),
        () => {},
      )
    await assert.rejects(open(), CartError)
    await assert.rejects(open())
    assert.deepEqual(taken, [{ sequence: 5 }])
    assert.deepEqual(
      asked.slice(1, 3),
      [4, 5].map((after) => `/carts/${CART}/events?after=${after}&limit=1000&wait=25`),
    )
  }
})

test('a cart that is not there is no reason to give streams up', async () => {
  const asked = []
  const transport = http({
    fetch: async (url) => {
      asked.push(url)
      return answering(404, problem('cart_not_found'))()
    },
  })
  for (let times = 0; times < 2; times++)
    await assert.rejects(
      transport.open(
        0,
        context(),
        () => {},
        () => {},
      ),
      { code: 'turned_away' },
    )
  assert.ok(asked.every((url) => url.endsWith('/stream')))
})

test('a stream on which nothing ever comes is given up for long polls', async () => {
  const timers = []
  const transport = http({
    later: (ms, call) => {
      timers.push({ ms, call })
      return () => {}
    },
    fetch: async (url, { signal }) => {
      if (!url.includes('/stream')) return answering(200, {})()
      const held = new ReadableStream({
        start: (control) => signal.addEventListener('abort', () => control.error(signal.reason)),
      })
      return new Response(held, { headers: { 'content-type': 'text/event-stream' } })
    },
  })
  const opening = transport.open(
    0,
    context(),
    () => {},
    () => {},
  )
  await until('the stream is opened', () => timers.length > 0)
  timers[0].call()
  await assert.rejects(opening, { code: 'timed_out' })
  await assert.rejects(
    transport.open(
      0,
      context(),
      () => {},
      () => {},
    ),
    { code: 'malformed_reply' },
  )
})

test('the catalogue is asked for by its tag', async () => {
  const catalogue = { version: '1', currency: 'EUR', items: [], discounts: [] }
  const transport = (status, body) => http({ fetch: answering(status, body, { etag: '"1"' }) })
  assert.deepEqual(await transport(200, catalogue).catalogue(null, context()), { catalogue, etag: '"1"' })
  assert.equal(await transport(304, null).catalogue('"1"', context()), 'same')
  assert.equal(await transport(404, problem('not_found')).catalogue(null, context()), undefined)
})

const bin = process.env.TILLROLL_BIN ?? fileURLToPath(new URL('../../../target/debug/tillroll', import.meta.url))
const running = process.env.TILLROLL_URL
const skip = skippedOnADesk(
  running || existsSync(bin) ? false : 'there is no tillroll to start: cargo build, or name one in TILLROLL_BIN',
)

test('two clients of the real system are of one mind, by stream and by long poll', { skip }, async (t) => {
  const url = running ?? (await startTillroll(t)).url
  const cart = crypto.randomUUID()
  const opened = await Promise.all([
    openCart({ id: cart, open: { currency: 'EUR' }, transport: http({ url }) }),
    openCart({ id: cart, transport: http({ url, stream: false }) }),
  ])
  t.after(() => Promise.all(opened.map((one) => one.close())))
  const [first, second] = opened
  const tea = first.dispatch(add('Tea', 349, 2))
  assert.equal(first.getSnapshot().totals.total_minor, 698)
  assert.deepEqual(await tea.confirmed, { outcome: 'confirmed', version: 2, changed: false })
  await until('the other client has it', () => second.getSnapshot().totals.total_minor === 698)
  const bread = second.dispatch(add('Bread', 250))
  assert.equal((await bread.confirmed).outcome, 'confirmed')
  await until('the first client has it', () => first.getSnapshot().totals.total_minor === 948)
  assert.deepEqual(first.getSnapshot().lines, second.getSnapshot().lines)
  assert.deepEqual(first.dispatch(add('Bread', 250), { id: bread.id }).status, 'again')
  for (const { getSnapshot } of opened) {
    const { diverged, updateNeeded, pending, attention } = getSnapshot()
    assert.deepEqual([diverged, updateNeeded, pending, attention], [null, false, [], []])
  }
  const packed = await fetch(`${url}/carts/${cart}/events`, { headers: { accept: 'application/vnd.tillroll.packed' } })
  const timeline = await openTimeline(new Uint8Array(await packed.arrayBuffer()))
  assert.deepEqual(timeline.at(3), first.at(3))
  timeline.free()
})
