// A cart as a shop's own script opens it; the address names it, and tests reach it as `cart`.
import { http, openCart } from '@tillroll/cart'

const { searchParams } = new URL(location.href)
const opened = await openCart({
  id: searchParams.get('cart') ?? '',
  transport: http(),
  ...(searchParams.has('open') ? { open: { currency: 'EUR' } } : {}),
})
// Until something was heard of a cart that exists, nobody can say what may be done with it.
const heard = () => {
  if (opened.getSnapshot().status !== 'unknown') document.title = 'ready'
}
globalThis.cart = opened
opened.subscribe(heard)
heard()
