/** What every entry exports beside its functions. */

export type { Entry } from './entry.js'
export type { Channel, Environment, Locks } from './environment.js'
export { CartError, type CartErrorCode } from './errors.js'
export { type HttpOptions, http } from './http.js'
export type { WasmSource } from './loader.js'
export { REDUCER } from './reducer.js'
export { indexedDBStorage, memoryStorage } from './storage.js'
export type * from './types.js'
export type * from './whatif.js'
export type * from './wire.js'
