/** The cart's wasm: everything that the package has of it. */

export { instantiate, instantiateSync } from './module.js'
export { CartSession } from './session.js'
export { CartTimeline } from './timeline.js'
