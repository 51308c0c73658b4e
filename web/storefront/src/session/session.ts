/** The cart of this browser: which one it is, and what can be done with it. The rules are the package's. */
import {
  type AttentionItem,
  type Cart,
  type CartLine,
  type Catalogue,
  type Command,
  createCart,
  http,
  type Price,
  type Refusal,
} from '@tillroll/cart'
import { type Product, type Shelf, shelve } from '../catalogue/catalogue'
import { loadCatalogue, type NoCatalogue } from '../catalogue/load'
import { type Wire, wire } from '../network/wire'
import { store } from '../ui/store'

/** Where it is kept which cart is this browser's: every tab shows the same one. */
const CART_KEY = 'tillroll.shop.cart'
/** A price that the server has changed is believed after one more look; looking more often than this is no use. */
const LOOK_AGAIN_MS = 1_000

/** Where a refusal is shown. */
export type Place = `line:${string}` | 'discount' | 'cart'

export interface ShopSession {
  readonly cart: Cart
  readonly shelf: Shelf
}

export type SessionState = 'loading' | NoCatalogue | ShopSession

export const network: Wire = wire(http())
export const session = store<SessionState>('loading')
/** What the rules refused just now, by where it belongs; the next good change there takes it away. */
export const refusals = store<ReadonlyMap<Place, Refusal>>(new Map())
/** The line that was taken out last, and the command that did it. */
export const removed = store<{ readonly line: CartLine; readonly command: string } | null>(null)
export const oldPrices = store(false)

let listed: { readonly catalogue: Catalogue; readonly etag: string | null } | null = null
let lookedAt = 0

/** Fetches what the shop sells and opens this browser's cart. */
export async function startShop(): Promise<void> {
  session.set('loading')
  const loaded = await loadCatalogue()
  if (loaded === 'same') return
  if (typeof loaded === 'string') {
    session.set(loaded)
    return
  }
  listed = loaded
  takeCart(thisBrowsersCart())
}

/** Puts an empty cart in the place of the one that was checked out, in every tab. */
export function startNewCart(): void {
  const id = crypto.randomUUID()
  keep(id)
  takeCart(id)
}

function takeCart(id: string): void {
  if (!listed) return
  const before = session.get()
  if (typeof before === 'object') void before.cart.close()
  refusals.set(new Map())
  removed.set(null)
  const catalogue = shown(listed.catalogue)
  const { currency } = catalogue
  const cart = createCart({ id, transport: network.transport, open: { currency }, catalogue })
  session.set({ cart, shelf: shelve(catalogue) })
}

/** The list that the shop goes by: the server's, or an old one where that is asked for. */
function shown(catalogue: Catalogue): Catalogue {
  return oldPrices.get() ? yesterdays(catalogue) : catalogue
}

/** Every price a little lower, as a page that was left open has them. Only a list; what anything costs is the till's word. */
function yesterdays(catalogue: Catalogue): Catalogue {
  const items = catalogue.items.map((item) => ({
    ...item,
    price: { ...item.price, minor: item.price.minor - Math.ceil(item.price.minor / 10) },
  }))
  return { ...catalogue, version: `${catalogue.version} (yesterday)`, items }
}

function stock(): void {
  const now = session.get()
  if (typeof now === 'string' || !listed) return
  const catalogue = shown(listed.catalogue)
  now.cart.setCatalogue(catalogue)
  session.set({ cart: now.cart, shelf: shelve(catalogue) })
}

/** Looks whether there are other prices, as after the server refused one. */
export async function lookForPrices(): Promise<void> {
  if (!listed || Date.now() - lookedAt < LOOK_AGAIN_MS) return
  lookedAt = Date.now()
  const loaded = await loadCatalogue(listed.etag)
  if (typeof loaded === 'string') return
  listed = loaded
  stock()
}

export function setOldPrices(on: boolean): void {
  oldPrices.set(on)
  stock()
}

function thisBrowsersCart(): string {
  const id = kept()
  if (id) return id
  const fresh = crypto.randomUUID()
  keep(fresh)
  return fresh
}

function kept(): string | null {
  try {
    const id = localStorage.getItem(CART_KEY)
    return id && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : null
  } catch {
    return null
  }
}

function keep(id: string): void {
  try {
    localStorage.setItem(CART_KEY, id)
  } catch {
    // Without storage the cart is this tab's, until it is closed.
  }
}

/** Another tab began a new cart: this one shows it too. */
export function followOtherTabs(): () => void {
  const heard = (event: StorageEvent) => {
    const now = session.get()
    const id = kept()
    if (event.key === CART_KEY && id && typeof now === 'object' && now.cart.id !== id) takeCart(id)
  }
  addEventListener('storage', heard)
  return () => removeEventListener('storage', heard)
}

/** Gives a command to the cart; a refusal is put down where it belongs. */
export function give(cart: Cart, command: Command, place: Place): boolean {
  const { status, refusal } = cart.dispatch(command)
  if (refusal) refusals.update((now) => new Map(now).set(place, refusal))
  else forgive(place)
  return status !== 'refused' && status !== 'queue_full' && status !== 'update_needed'
}

/** Takes a refusal away: what it was about is being changed. */
export function forgive(place: Place): void {
  refusals.update((now) => {
    if (!now.has(place)) return now
    const next = new Map(now)
    next.delete(place)
    return next
  })
}

export function add(cart: Cart, product: Product): boolean {
  const { sku, item_name, price } = product
  if (removed.get()?.line.sku === sku) removed.set(null)
  return give(cart, { type: 'AddItem', data: { sku, item_name, quantity: 1, price } }, `line:${sku}`)
}

export function setQuantity(cart: Cart, sku: string, quantity: number): boolean {
  return give(cart, { type: 'ChangeQuantity', data: { sku, quantity } }, `line:${sku}`)
}

export function remove(cart: Cart, line: CartLine): void {
  const { id, status } = cart.dispatch({ type: 'RemoveItem', data: { sku: line.sku } })
  if (status === 'applied') removed.set({ line, command: id })
}

/** Puts the line back that was taken out last. */
export function putBack(cart: Cart): void {
  const last = removed.get()
  removed.set(null)
  if (last) cart.undo(last.command)
}

/** Gives an add again that the till refused, at the price that it named. */
export async function acceptPrice(cart: Cart, { id, command }: AttentionItem, price: Price): Promise<void> {
  if (command.type !== 'AddItem') return
  oldPrices.set(false)
  lookedAt = 0
  await lookForPrices()
  stock()
  cart.discard(id)
  give(
    cart,
    { type: 'AddItem', data: { ...command.data, price } },
    `line:${command.data.sku ?? command.data.item_name}`,
  )
}
