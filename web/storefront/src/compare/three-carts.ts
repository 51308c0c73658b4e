/** Three carts that get the same clicks: ours and the one by hand over the same bad network, and the till's own over a good one. */
import {
  type Cart,
  type CartState,
  type Catalogue,
  type Command,
  createCart,
  http,
  type RequestContext,
  type Transport,
} from '@tillroll/cart'
import { type Faults, type FaultyTransport, faulty, NO_FAULTS } from '@tillroll/cart/testing'
import { type Store, store } from '../ui/store'
import { type HandCart, type HandState, handCart } from './hand-cart'

/** What the server makes of the clicks when nothing is in the way: the truth. */
export interface Till {
  readonly state: Store<CartState | null>
  readonly busy: Store<number>
}

export interface ThreeCarts {
  readonly catalogue: Catalogue
  readonly ours: Cart
  readonly byHand: HandCart
  readonly till: Till
  readonly faults: Store<Faults>
  click(command: Command): void
  close(): void
}

export async function openThreeCarts(catalogue: Catalogue): Promise<ThreeCarts> {
  const server = http()
  const whole = wholeCarts(server)
  const open: Command = { type: 'OpenCart', data: { currency: catalogue.currency } }
  const [handId, tillId] = [crypto.randomUUID(), crypto.randomUUID()]
  for (const id of [handId, tillId]) await sendPlainly(whole, id, open)

  const wires: readonly FaultyTransport[] = [faulty(server), faulty(whole)]
  const [oursWire, handWire] = wires as [FaultyTransport, FaultyTransport]
  const faults = store<Faults>({ ...NO_FAULTS })
  faults.subscribe(() => {
    for (const wire of wires) Object.assign(wire.faults, faults.get())
  })
  const { currency } = catalogue
  const ours = createCart({
    id: crypto.randomUUID(),
    transport: oursWire,
    open: { currency },
    catalogue,
    storage: null,
  })
  const byHand = handCart(handId, catalogue, handWire)
  // Who clicks before the rules are there would see a queue and no totals.
  await ours.ready
  const till = { state: store<CartState | null>(null), busy: store(0) }
  let last: Promise<unknown> = Promise.resolve()
  const tell = (command: Command) => {
    till.busy.update((count) => count + 1)
    last = last
      .then(() => sendPlainly(whole, tillId, command))
      .then((state) => till.state.set(state))
      .catch(() => undefined)
      .finally(() => till.busy.update((count) => count - 1))
  }
  return {
    catalogue,
    ours,
    byHand,
    till,
    faults,
    click(command) {
      ours.dispatch(command)
      byHand.click(command)
      tell(command)
    },
    close: () => void ours.close(),
  }
}

/** Answers each batch with the cart as it is afterwards: what the APIs of shops answer. */
function wholeCarts(server: Transport): Transport {
  return {
    ...server,
    async send(batch, context) {
      const sent = await server.send(batch, context)
      if (sent.result !== 'answered') return sent
      const reply: unknown = await (await fetch(`/carts/${context.cart}`, { signal: context.signal })).json()
      return { result: 'answered', reply: asHandState(reply) }
    },
  }
}

/** As much of the State JSON as is shown. */
function asHandState(reply: unknown): HandState & CartState {
  return reply as HandState & CartState
}

async function sendPlainly(transport: Transport, cart: string, command: Command): Promise<CartState> {
  const context: RequestContext = { cart, token: null, signal: AbortSignal.timeout(15_000) }
  const sent = await transport.send([{ command_id: crypto.randomUUID(), ...command }], context)
  if (sent.result !== 'answered') throw new Error(`the till did not answer: ${sent.result}`)
  return sent.reply as CartState
}
