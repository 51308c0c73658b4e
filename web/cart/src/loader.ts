/** The doors to the wasm: each of the two modules is fetched, compiled and installed once. */

import type { Core, CoreSession } from './core.js'
import { asCartError, CartError } from './errors.js'
import { REDUCER } from './reducer.js'
import { CartSession, sessions } from './wasm/session.js'

/** Where wasm comes from, if not from where the entry knows it. */
export type WasmSource = URL | string | Response | BufferSource | WebAssembly.Module

/** Loads a module. */
export interface Loader<T> {
  /** What the module offers, if it is there. */
  loaded(): T | null
  /** The same; misuse when it is not there. */
  expectLoaded(): T
  /** Loads it. A load that fails may be tried again. */
  load(source: () => WasmSource | Promise<WasmSource>): Promise<T>
  /** Loads it without waiting. */
  loadSync(source: () => BufferSource | WebAssembly.Module): T
}

const WHY = 'the wasm of the cart could not be loaded'

/** Loads a module, which then is installed. */
export function loader<T>(install: (module: WebAssembly.Module) => T): Loader<T> {
  let there: T | null = null
  let loading: Promise<T> | null = null
  const take = (module: WebAssembly.Module) => {
    there ??= install(module)
    return there
  }
  return {
    loaded: () => there,
    expectLoaded() {
      if (there) return there
      throw new CartError('not_ready', 'the wasm is not there yet: await init() or openCart() first')
    },
    load(source) {
      if (there) return Promise.resolve(there)
      loading ??= Promise.resolve()
        .then(source)
        .then(compile)
        .then(take)
        .catch((thrown) => {
          loading = null
          throw asCartError(thrown, 'wasm_failed', WHY)
        })
      return loading
    },
    loadSync(source) {
      try {
        if (there) return there
        const from = source()
        return take(from instanceof WebAssembly.Module ? from : new WebAssembly.Module(from))
      } catch (thrown) {
        throw asCartError(thrown, 'wasm_failed', WHY)
      }
    },
  }
}

async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source
  const fetched = typeof source === 'string' || source instanceof URL ? await fetch(source) : source
  if (!(fetched instanceof Response)) return WebAssembly.compile(fetched)
  if (!fetched.ok) throw new Error(`${fetched.url} answered ${fetched.status}`)
  // A server that does not know the media type of wasm is no reason to fail: it is only compiled a little later.
  return fetched.headers.get('content-type')?.startsWith('application/wasm')
    ? WebAssembly.compileStreaming(fetched)
    : WebAssembly.compile(await fetched.arrayBuffer())
}

/** The session's module. */
export const { loaded, expectLoaded, load, loadSync } = /* @__PURE__ */ loader<Core>((module) => {
  sessions.install(module)
  return { session: (cart) => new CartSession(cart, REDUCER) as unknown as CoreSession }
})
