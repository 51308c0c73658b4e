// The figures of the wasm, wherever it runs: bench/wasm.mjs takes them in Node or in Chromium.

const FOLDED = 100_000
const PAGE = 10_000
const SKUS = 100
/** As many lines as an ordinary cart has. */
const ORDINARY = 12
const CART = '00000000-0000-4000-8000-000000000001'
const NOW = 1_700_000_000_000

const id = (nth) => `00000000-0000-4000-8000-${nth.toString(16).padStart(12, '0')}`
let skus = SKUS
const sku = (nth) => `B00${String(nth % skus).padStart(7, '0')}`
let seed = 42
const random = (below) => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed % below
}

/** The nth event: mostly quantities, some lines that go and come back. */
const data = (version) => {
  if (version === 1) return ['CartOpened', { shopping_cart_uuid: CART, currency: 'EUR' }]
  const shopping_cart_uuid = CART
  const nth = version <= skus + 1 ? version - 2 : random(skus)
  const kind = version <= skus + 1 ? 0 : random(20)
  if (kind === 1) return ['ItemRemoved', { shopping_cart_uuid, sku: sku(nth) }]
  if (kind < 10) {
    const price = { minor: 100 + nth, per: 1 }
    return ['ItemAdded', { shopping_cart_uuid, item_name: `Item ${nth}`, sku: sku(nth), quantity: 1, price }]
  }
  return ['ItemQuantityChanged', { shopping_cart_uuid, sku: sku(nth), quantity: 1 + random(9) }]
}
const event = (version) => {
  const [name, content] = data(version)
  return { id: id(version), type: `tillroll.cart.${name}`, subject: CART, sequence: version, data: content }
}
const events = (count, after = 0) => Array.from({ length: count }, (_, index) => event(after + index + 1))

/** A good reducer as a page would write it: it changes what it has, and finds lines by their keys. */
const reduce = (events) => {
  const state = { lines: new Map(), currency: null }
  for (const { type, data } of events) {
    switch (type) {
      case 'tillroll.cart.CartOpened':
        state.currency = data.currency
        break
      case 'tillroll.cart.ItemAdded': {
        const line = state.lines.get(data.sku)
        if (line) {
          line.quantity += data.quantity
          line.price = data.price ?? line.price
        } else {
          const { sku, item_name, quantity, price } = data
          state.lines.set(sku, { sku, item_name, quantity, price })
        }
        break
      }
      case 'tillroll.cart.ItemQuantityChanged': {
        const line = state.lines.get(data.sku)
        if (line) line.quantity = data.quantity
        break
      }
      case 'tillroll.cart.ItemRemoved':
        state.lines.delete(data.sku)
        break
      default:
        throw new Error(type)
    }
  }
  return state
}

/**
 * The reducer that most people write: the state is what the API shows, so lines are a list that is searched. It changes what
 * it has, too.
 */
const reducePlainly = (events) => {
  const state = { lines: [], currency: null }
  for (const { type, data } of events) {
    switch (type) {
      case 'tillroll.cart.CartOpened':
        state.currency = data.currency
        break
      case 'tillroll.cart.ItemAdded': {
        const line = state.lines.find(({ sku }) => sku === data.sku)
        if (line) {
          line.quantity += data.quantity
          line.price = data.price ?? line.price
        } else {
          const { sku, item_name, quantity, price } = data
          state.lines.push({ sku, item_name, quantity, price })
        }
        break
      }
      case 'tillroll.cart.ItemQuantityChanged': {
        const line = state.lines.find(({ sku }) => sku === data.sku)
        if (line) line.quantity = data.quantity
        break
      }
      case 'tillroll.cart.ItemRemoved':
        state.lines = state.lines.filter(({ sku }) => sku !== data.sku)
        break
      default:
        throw new Error(type)
    }
  }
  return state
}

const time = (work) => {
  const start = performance.now()
  work()
  return performance.now() - start
}
const quantile = (times, part) => times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * part)]
const repeat = (times, work) => Array.from({ length: times }, (_, index) => work(index))

/**
 * Takes all of them. `built` is the TypeScript in front of the wasm, `modules` the two of it, compiled; `say` is given what
 * was measured, how much it is and in what. `natively` folds packed bytes without wasm, if it can.
 */
export function figures(built, [sessions, timelines], long, say, natively = () => undefined) {
  const instances = []
  const { Instance } = WebAssembly
  WebAssembly.Instance = class extends Instance {
    constructor(...args) {
      super(...args)
      instances.push(this)
    }
  }
  /** A module of its own, as a page has it; a function that says how large its memory is. */
  const fresh = () => {
    built.sessions.install(sessions)
    built.timelines.install(timelines)
    const { memory } = instances.at(-1).exports
    return () => memory.buffer.byteLength
  }
  const session = (count) => {
    const session = new built.CartSession(CART, 'bench')
    for (let after = 0; after < count; after += PAGE) session.confirm(events(Math.min(PAGE, count - after), after))
    return session
  }

  /** By the fastest round, which is the one that others disturbed least. */
  const perSecond = (times) => FOLDED / Math.min(...times) / 1000

  // Folding, with as many lines as an ordinary cart has and with many.
  for (const lines of [ORDINARY, SKUS]) {
    skus = lines
    fresh()
    const list = events(FOLDED)
    const text = JSON.stringify(list)
    const packed = session(FOLDED).history(0)
    const fold = () => new built.CartTimeline(packed).free()
    repeat(10, fold)
    const folded = perSecond(repeat(31, () => time(fold)))
    repeat(10, () => reduce(list))
    const reduced = perSecond(repeat(31, () => time(() => reduce(list))))
    const parsed = perSecond(repeat(11, () => time(() => reduce(JSON.parse(text)))))
    say(`fold from packed bytes, ${lines} lines`, folded, 'million events/s')
    repeat(10, () => reducePlainly(list))
    const plainly = perSecond(repeat(31, () => time(() => reducePlainly(list))))
    const plainlyParsed = perSecond(repeat(11, () => time(() => reducePlainly(JSON.parse(text)))))
    say('a mutable reducer with a Map that has the objects', reduced, 'million events/s')
    say('one with a list, as the API shows it', plainly, 'million events/s')
    say('JSON.parse and the reducer with a Map', parsed, 'million events/s')
    say('JSON.parse and the one with a list', plainlyParsed, 'million events/s')
    say('from bytes, against the reducer with a Map', folded / reduced, 'x')
    say('from bytes, against the one with a list', folded / plainly, 'x')
    say('from bytes, against JSON.parse and the Map', folded / parsed, 'x')
    say('from bytes, against JSON.parse and the list', folded / plainlyParsed, 'x')
    const native = natively(packed)
    if (native) {
      say('the same without wasm', native, 'million events/s')
      say('wasm against native', folded / native, 'x')
    }
  }
  skus = SKUS

  // A click: 100 lines, 20 to 40 pending commands.
  const clicks = []
  const looks = []
  for (let round = 0; round < 60; round += 1) {
    const it = session(SKUS + 1)
    const click = (nth) =>
      it.dispatch({ type: 'AddItem', data: { item_name: `Item ${nth}`, sku: sku(nth) } }, id(1_000_000 + nth), NOW)
    for (let nth = 0; nth < 20; nth += 1) click(nth)
    it.snapshot()
    for (let nth = 20; nth < 40; nth += 1) {
      const both = time(() => {
        click(nth)
        it.snapshot()
      })
      if (round >= 10) clicks.push(both)
    }
    const shown = it.snapshot()
    looks.push(time(() => repeat(1000, () => it.snapshot())))
    if (it.snapshot() !== shown) throw new Error('another object, and nothing changed')
    it.free()
  }
  say('dispatch and snapshot, 100 lines and 20 to 40 pending, p50', quantile(clicks, 0.5) * 1000, 'us')
  say('the same, p99', quantile(clicks, 0.99) * 1000, 'us')
  say('snapshot when nothing changed', quantile(looks, 0.5), 'us')

  // Everything pending is decided again.
  const rebases = { objects: [], bytes: [] }
  const source = session(SKUS + 101)
  const page = source.history(SKUS + 1)
  seed = 42
  const opening = events(SKUS + 1)
  const later = events(100, SKUS + 1)
  for (let round = 0; round < 60; round += 1) {
    for (const [how, take] of [
      ['objects', (it) => it.confirm(later)],
      ['bytes', (it) => it.confirmPacked(page)],
    ]) {
      const it = new built.CartSession(CART, 'bench')
      it.confirm(opening)
      for (let nth = 0; nth < 100; nth += 1) {
        it.dispatch({ type: 'AddItem', data: { item_name: `Item ${nth}`, sku: sku(nth) } }, id(2_000_000 + nth), NOW)
      }
      it.snapshot()
      const both = time(() => {
        take(it)
        it.snapshot()
      })
      if (round >= 10) rebases[how].push(both)
      it.free()
    }
  }
  for (const how of ['objects', 'bytes']) {
    say(`100 pending over 100 events as ${how}, and snapshot, p50`, quantile(rebases[how], 0.5), 'ms')
    say('the same, p99', quantile(rebases[how], 0.99), 'ms')
  }

  // Any moment of a long history of an ordinary cart.
  skus = ORDINARY
  const history = session(long).history(0)
  const memory = fresh()
  const timeline = new built.CartTimeline(history)
  const seeks = repeat(20_000, () => {
    const version = 1 + random(long)
    return time(() => timeline.at(version))
  }).slice(1_000)
  say(`seek in ${long} events, state in JavaScript, p50`, quantile(seeks, 0.5) * 1000, 'us')
  say('the same, p99', quantile(seeks, 0.99) * 1000, 'us')
  say('memory of the wasm then', memory() / 1e6, 'MB')
  say('the history packed', history.length / 1e6, 'MB')
}
