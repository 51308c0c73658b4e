// What the tests of the package share: a server in memory, tabs of a simulated browser, and a way that goes wrong.
import assert from 'node:assert/strict'
import { init, memoryStorage, openCart } from '@tillroll/cart'
import { faulty, memoryServer, simulate } from '@tillroll/cart/testing'

await init()

export const CART = '00000000-0000-4000-8000-000000000001'

/** The nth id. */
export const id = (nth) => `00000000-0000-4000-8000-${nth.toString(16).padStart(12, '0')}`

/** A command that adds an item. */
export const add = (item_name, minor = 100, quantity = 1) => ({
  type: 'AddItem',
  data: { item_name, quantity, price: { minor } },
})

/** A shop, a browser, and tabs in it that share a storage. */
export class World {
  constructor({ seed = 1, catalogue, storage = memoryStorage(true) } = {}) {
    this.simulation = simulate(seed)
    this.server = memoryServer({ now: this.simulation.now, ...(catalogue && { catalogue }) })
    this.storage = storage
    this.tabs = []
  }

  /** A tab with the cart open, as far as it gets without the server. */
  async tab({ locks, faults, server = this.server, ...options } = {}) {
    const tab = this.simulation.tab({ locks })
    const transport = faulty(server, faults, tab.environment)
    const opening = openCart({
      id: CART,
      open: { currency: 'EUR' },
      storage: this.storage,
      environment: tab.environment,
      transport,
      ...options,
    })
    opening.catch(() => {})
    await this.run(0)
    const opened = { ...tab, faults: transport.faults, cart: await opening }
    this.tabs.push(opened)
    return opened
  }

  run(ms = 1_000) {
    return this.simulation.run(ms)
  }

  get state() {
    return this.server.state(CART)
  }

  /** Everything went well at last: all tabs and the server are of one mind, and nothing is on its way. */
  async expectAgreement(ms = 180_000) {
    for (const { faults } of this.tabs) Object.assign(faults, { offline: false, latencyMs: [0, 0] }, CALM)
    this.simulation.setOnline(true)
    await this.run(ms)
    for (const { cart } of this.tabs) {
      const snapshot = cart.getSnapshot()
      assert.deepEqual(snapshot.pending, [])
      assert.equal(snapshot.confirmedVersion, this.state?.version ?? 0)
      assert.equal(snapshot.totals.total_minor, this.state?.total_minor ?? 0)
      assert.deepEqual(snapshot.lines.map(bare), (this.state?.lines ?? []).map(bare))
      assert.equal(snapshot.diverged, null)
    }
  }
}

const CALM = { lostBefore: 0, lostAfter: 0, doubled: 0, reordered: 0, unavailable: 0, truncated: 0 }

/** A line without its marks. */
export const bare = ({ sku, item_name, quantity, price, total_minor }) => ({
  sku,
  item_name,
  quantity,
  price,
  total_minor,
})

/** Where commands of this name or line came to be in the server's history. */
export const countOf = (world, sku) =>
  world.server.events(CART).filter(({ type, data }) => type === 'tillroll.cart.ItemAdded' && data.sku === sku).length
