// A page that a server rendered and React takes over, strict as in development: everything is mounted twice.
import { createCart, http } from '@tillroll/cart'
import { createElement as h, StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { App } from './react-app.mjs'

const id = new URL(location.href).searchParams.get('cart') ?? ''
/** @type {import('@tillroll/cart').CartState} what the server rendered */
const initial = await (await fetch('/initial.json')).json()
const cart = createCart({ id, transport: http(), initial })

/** How many listeners there are, and were. */
const listening = { now: 0, ever: 0 }
const watched = {
  ...cart,
  /** @param {() => void} listener */
  subscribe: (listener) => {
    const end = cart.subscribe(listener)
    listening.now += 1
    listening.ever += 1
    return () => {
      listening.now -= 1
      end()
    }
  },
}
/** @type {string[]} */
const recovered = []
const root = document.getElementById('root')
if (!root) throw new Error('there is no root')
const mounted = hydrateRoot(root, h(StrictMode, null, h(App, { cart: watched })), {
  onRecoverableError: (error) => recovered.push(String(error)),
})
Object.assign(globalThis, {
  cart,
  listening,
  recovered,
  show: (/** @type {boolean} */ shown) => mounted.render(h(StrictMode, null, shown && h(App, { cart: watched }))),
})
await cart.ready
document.title = 'ready'
