/**
 * A cart "optimistic by hand", as storefronts have it today, written as well as that can be: it changes the lines at once,
 * sums price times quantity, puts the snapshot back when a request fails, and takes over the cart that a reply brings. It
 * does not know the shop's rules, so it cannot do better; nothing here is made worse on purpose. The same server, network
 * and commands as for the other one.
 */
import type { CartState, Catalogue, Command, Price, Transport } from '@tillroll/cart'
import { type Store, store } from '../ui/store'

export type HandState = Pick<
  CartState,
  'currency' | 'lines' | 'discounts' | 'subtotal_minor' | 'discount_minor' | 'total_minor'
>

export interface HandCart {
  readonly state: Store<HandState>
  /** Requests that are on their way. */
  readonly busy: Store<number>
  click(command: Command): void
}

/** A reply that never comes is given up after as long as the other cart waits. */
const TIMEOUT_MS = 15_000

/** `transport` answers a batch with the whole cart, as the APIs of shops do. */
export function handCart(id: string, catalogue: Catalogue, transport: Transport): HandCart {
  const state = store<HandState>({
    currency: catalogue.currency,
    lines: [],
    discounts: [],
    subtotal_minor: 0,
    discount_minor: 0,
    total_minor: 0,
  })
  const busy = store(0)
  const send = async (command: Command): Promise<HandState> => {
    const context = { cart: id, token: null, signal: AbortSignal.timeout(TIMEOUT_MS) }
    const sent = await transport.send([{ command_id: crypto.randomUUID(), ...command }], context)
    if (sent.result !== 'answered') throw new Error(sent.result)
    return sent.reply as HandState
  }
  return {
    state,
    busy,
    async click(command) {
      const before = state.get()
      state.set(guess(before, command, catalogue))
      busy.update((count) => count + 1)
      try {
        state.set(await send(command))
      } catch {
        state.set(before)
      } finally {
        busy.update((count) => count - 1)
      }
    },
  }
}

/** The cart as it will probably be: what can be said without the shop's rules. */
function guess(cart: HandState, command: Command, catalogue: Catalogue): HandState {
  switch (command.type) {
    case 'AddItem': {
      const { sku: given, item_name, quantity } = command.data
      const sku = given ?? item_name
      const added = quantity ?? 1
      const known = cart.lines.find((line) => line.sku === sku)
      if (known) return withQuantity(cart, sku, known.quantity + added)
      const price = catalogue.items.find((item) => item.sku === sku)?.price ?? { minor: 0, per: 1 }
      const line = { sku, item_name, quantity: added, price, total_minor: unitPrice(price) * added }
      return summed(cart, [...cart.lines, line])
    }
    case 'ChangeQuantity':
      return withQuantity(cart, command.data.sku, command.data.quantity)
    case 'RemoveItem':
      return summed(
        cart,
        cart.lines.filter(({ sku }) => sku !== command.data.sku),
      )
    // What a code is worth, only the server knows.
    case 'ApplyDiscount':
    case 'RemoveDiscount':
    case 'OpenCart':
    case 'ClaimCart':
    case 'CloseCart':
      return cart
    default:
      return command satisfies never
  }
}

function withQuantity(cart: HandState, sku: string, quantity: number): HandState {
  const changed = cart.lines.map((line) =>
    line.sku === sku && line.price ? { ...line, quantity, total_minor: unitPrice(line.price) * quantity } : line,
  )
  return summed(cart, changed)
}

/** A price for one piece in whole cents, as shops store it. */
function unitPrice({ minor, per }: Price): number {
  return Math.round(minor / per)
}

/** Sums the lines, and keeps the discount that the server named last. */
function summed(cart: HandState, lines: HandState['lines']): HandState {
  const subtotal_minor = lines.reduce((sum, line) => sum + line.total_minor, 0)
  return { ...cart, lines, subtotal_minor, total_minor: Math.max(0, subtotal_minor - cart.discount_minor) }
}
