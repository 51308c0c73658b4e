// A cart as a shop's own script opens it; the address names it, and tests reach it as `cart`.
import { http, openCart } from '@tillroll/cart'

const { searchParams } = new URL(location.href)
globalThis.cart = await openCart({
  id: searchParams.get('cart') ?? '',
  transport: http(),
  ...(searchParams.has('open') ? { open: { currency: 'EUR' } } : {}),
})
document.title = 'ready'
