// The session of the built wasm itself, without the package around it.
import { init } from '@tillroll/cart'
import { CartSession } from '../../dist/wasm/index.js'

await init()

export const coreSession = (cart, reducer) => new CartSession(cart, reducer)
