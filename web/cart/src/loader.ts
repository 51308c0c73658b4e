/** The one door to the wasm: fetches, compiles and installs it, once. */

import type { Core, CoreSession } from './core.js'
import { asCartError, CartError } from './errors.js'
import { REDUCER } from './reducer.js'
import type { Timeline } from './types.js'
import { CartSession, CartTimeline, instantiateSync } from './wasm/index.js'

/** Where the wasm comes from, if not from where the entry knows it. */
export type WasmSource = URL | string | Response | BufferSource | WebAssembly.Module

const WHY = 'the wasm of the cart could not be loaded'

let core: Core | null = null
let loading: Promise<Core> | null = null

/** The core, if the wasm is there. */
export function loaded(): Core | null {
  return core
}

/** The core; misuse when the wasm is not there. */
export function expectLoaded(): Core {
  if (core) return core
  throw new CartError('not_ready', 'the wasm is not there yet: await init() or openCart() first')
}

/** Loads the wasm. A load that fails may be tried again. */
export function load(source: () => WasmSource | Promise<WasmSource>): Promise<Core> {
  if (core) return Promise.resolve(core)
  loading ??= Promise.resolve()
    .then(source)
    .then(compile)
    .then(install)
    .catch((thrown) => {
      loading = null
      throw asCartError(thrown, 'wasm_failed', WHY)
    })
  return loading
}

/** Loads the wasm without waiting. */
export function loadSync(source: BufferSource | WebAssembly.Module): Core {
  try {
    return core ?? install(source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source))
  } catch (thrown) {
    throw asCartError(thrown, 'wasm_failed', WHY)
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

function install(module: WebAssembly.Module): Core {
  if (core) return core
  instantiateSync(module)
  core = {
    session: (cart) => new CartSession(cart, REDUCER) as unknown as CoreSession,
    timeline: (packed) => new CartTimeline(packed) as unknown as Timeline,
  }
  return core
}
