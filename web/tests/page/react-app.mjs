// What the server renders and the page takes over.
import { useCart, useCartSelector } from '@tillroll/cart/react'
import { createElement as h, useEffect } from 'react'

/** An effect runs twice under StrictMode, so what it dispatches has an id of its own. */
export const WELCOME = '00000000-0000-4000-8000-0000000000aa'

/** @param {{ cart: import('@tillroll/cart').Cart }} props */
export const App = ({ cart }) => h('main', null, h(Badge, { cart }), h(Lines, { cart }), h(Welcome, { cart }))

/** @param {{ cart: import('@tillroll/cart').Cart }} props */
const Badge = ({ cart }) => {
  const pieces = useCartSelector(cart, ({ totals }) => totals.pieces)
  return h('span', { id: 'badge' }, pieces)
}

/** @param {{ cart: import('@tillroll/cart').Cart }} props */
const Lines = ({ cart }) => {
  const { lines } = useCart(cart)
  const add = () => cart.dispatch({ type: 'AddItem', data: { item_name: 'Tea', sku: 'tea' } })
  return h(
    'div',
    null,
    h('button', { type: 'button', onClick: add }, 'Add'),
    h(
      'ul',
      null,
      lines.map(({ sku, quantity }) => h('li', { key: sku }, `${quantity} ${sku}`)),
    ),
  )
}

/** @param {{ cart: import('@tillroll/cart').Cart }} props */
const Welcome = ({ cart }) => {
  useEffect(() => {
    cart.dispatch({ type: 'AddItem', data: { item_name: 'Eggs', sku: 'eggs' } }, { id: WELCOME })
  }, [cart])
  return null
}
