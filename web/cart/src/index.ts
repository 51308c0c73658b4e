/** `@tillroll/cart`: a cart that answers at once, by the server's own rules. */

import type { Entry } from './entry.js'

export type { Entry, WasmSource } from './entry.js'
export type { Channel, Environment, Locks } from './environment.js'
export { CartError, type CartErrorCode } from './errors.js'
export type { HttpOptions } from './http.js'
export { http } from './http.js'
export type * from './types.js'
export type * from './wire.js'

export declare const openCart: Entry['openCart']
export declare const createCart: Entry['createCart']
export declare const openCartSync: Entry['openCartSync']
export declare const init: Entry['init']
export declare const initSync: Entry['initSync']
export declare const isReady: Entry['isReady']
export declare const openTimeline: Entry['openTimeline']
