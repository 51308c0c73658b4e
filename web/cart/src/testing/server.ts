/** A server in memory. It decides by the very core that the cart decides by, so tests need no stand-in for the rules. */

import type { CoreSession } from '../core.js'
import { CartError } from '../errors.js'
import { expectLoaded } from '../loader.js'
import { REDUCER } from '../reducer.js'
import type { Batch, EventPage, SendResult, Transport } from '../types.js'
import type { CartState, Catalogue, NamedCommand } from '../wire.js'

/** A server in memory. */
export interface MemoryServer extends Transport {
  /** A cart as the server has it; null when there is none. */
  state(cart: string): CartState | null
  /** Its events as the API writes them. */
  events(cart: string): readonly object[]
  /** Does commands as somebody else would. */
  act(cart: string, batch: Batch): SendResult
  /** The shop's prices and rules change. */
  setCatalogue(catalogue: Catalogue | null): void
}

/** What a cart is on the server. */
interface Kept {
  readonly session: CoreSession
  readonly events: object[]
  /** By command id: what it was, and what was answered. */
  readonly results: Map<string, { readonly content: string; readonly result: object }>
  readonly listeners: Set<() => void>
}

/**
 * A server in memory, which decides by the same rules. It throws `not_ready` where the wasm is not loaded when it is first
 * asked: call `init`, or open a cart, before.
 *
 * @example
 * ```ts
 * const server = memoryServer()
 * const cart = await openCart({ id, open: true, storage: null, transport: server })
 * await cart.dispatch({ type: 'AddItem', data: { item_name: 'Tea', price: { minor: 349 } } }).confirmed
 * server.state(id)?.total_minor // 349
 * ```
 */
export function memoryServer(
  options: { readonly catalogue?: Catalogue; readonly now?: () => number } = {},
): MemoryServer {
  const { now = Date.now } = options
  let catalogue = options.catalogue ?? null
  const carts = new Map<string, Kept>()

  const cartOf = (id: string): Kept => {
    const known = carts.get(id)
    if (known) return known
    const session = expectLoaded().session(id)
    session.setCatalogue(catalogue)
    const kept: Kept = { session, events: [], results: new Map(), listeners: new Set() }
    carts.set(id, kept)
    return kept
  }

  const decide = (id: string, kept: Kept, { command_id, ...command }: NamedCommand): object => {
    const content = JSON.stringify(command)
    const known = kept.results.get(command_id)
    if (known) return known.content === content ? known.result : refused(command_id, 'command_reused', {})
    const { session } = kept
    const dispatched = session.dispatch(command, command_id, now())
    const version = session.snapshot().sync.confirmed_version
    if (dispatched.status === 'noop') return { command_id, status: 'noop', version }
    if (dispatched.status === 'refused') return refused(command_id, dispatched.code, dispatched.details)
    if (dispatched.status !== 'applied') throw new Error(`a server's queue is empty, and yet: ${dispatched.status}`)
    const commandhash = session.fingerprint(command_id)
    const pending = session.snapshot().pending.find((one) => one.id === command_id)
    const events = (pending?.now ?? []).map(({ type, data }, index) => ({
      specversion: '1.0',
      id: command_id.slice(0, -4) + (kept.events.length + index).toString(16).padStart(4, '0'),
      source: 'tillroll:memory',
      type: `tillroll.cart.${type}`,
      subject: id,
      datacontenttype: 'application/json',
      sequence: version + 1 + index,
      schemaversion: 1,
      recordedtime: new Date(now()).toISOString(),
      commandid: command_id,
      commandhash,
      data,
    }))
    const result = { command_id, status: 'accepted', version: version + events.length, events }
    const batch = session.nextToSend(now())
    session.answered(batch?.attempt ?? 0, { ...replyOf(kept, [result]), version: result.version, state_hash: null })
    kept.events.push(...events)
    kept.results.set(command_id, { content, result })
    return result
  }

  const act = (id: string, batch: Batch): SendResult => {
    const kept = cartOf(id)
    if (!kept.session.snapshot().cart && batch[0]?.type !== 'OpenCart') {
      return { result: 'rejected', code: 'cart_not_found', message: 'there is no such cart', details: {} }
    }
    const reply = replyOf(kept, [])
    const results = batch.map((command) => decide(id, kept, command))
    for (const tell of [...kept.listeners]) tell()
    return { result: 'answered', reply: structuredClone({ ...reply, ...replyOf(kept, results) }) }
  }

  const expectCart = (id: string): Kept => {
    const kept = cartOf(id)
    if (kept.events.length > 0) return kept
    throw new CartError('turned_away', 'there is no such cart', { status: 404, code: 'cart_not_found' })
  }

  return {
    state: (cart) => carts.get(cart)?.session.snapshot().cart ?? null,
    events: (cart) => [...(carts.get(cart)?.events ?? [])],
    act,
    setCatalogue(next) {
      catalogue = next
      for (const { session } of carts.values()) session.setCatalogue(next)
    },
    send: async (batch, { cart }) => act(cart, batch),
    async open(after, { cart, signal }, take, opened) {
      const kept = expectCart(cart)
      let told = after
      const tell = () => {
        const events = kept.events.slice(told)
        told = kept.events.length
        for (const event of events) take([structuredClone(event)])
      }
      opened()
      tell()
      if (signal.aborted) return
      kept.listeners.add(tell)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      kept.listeners.delete(tell)
    },
    async page(after, { cart }, form): Promise<EventPage> {
      const { session, events } = expectCart(cart)
      if (form) return { events: structuredClone(events.slice(after)), more: false }
      return { packed: session.history(after), more: false }
    },
    async catalogue(etag) {
      if (!catalogue) return undefined
      return etag === catalogue.version ? 'same' : { catalogue: structuredClone(catalogue), etag: catalogue.version }
    },
  }
}

function replyOf({ session }: Kept, results: readonly object[]) {
  const { cart, sync } = session.snapshot()
  return { results, version: sync.confirmed_version, state_hash: cart?.state_hash ?? null, reducer: REDUCER }
}

function refused(command_id: string, code: string, details: unknown): object {
  return { command_id, status: 'refused', code, message: code.replaceAll('_', ' '), details }
}
