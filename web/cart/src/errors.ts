/** What is thrown, and what is shown as the state of a connection or a storage: a stable code and a sentence. */

/** Stable codes of `CartError`. */
export type CartErrorCode =
  /** Misuse: a value is not what it must be; `details` says where. */
  | 'malformed'
  /** Misuse: the cart was closed with `close()`. */
  | 'closed'
  /** Misuse: something that needs the wasm was called before it was there. */
  | 'not_ready'
  /** The wasm could not be fetched or compiled. */
  | 'wasm_failed'
  /** The storage cannot be read or written. Everything goes on from memory. */
  | 'storage_failed'
  /** The server was not reached. */
  | 'unreachable'
  /** The server took too long. */
  | 'timed_out'
  /** The server answered that it cannot answer now. */
  | 'unavailable'
  /** The server turned the request away; `details` has its code. */
  | 'turned_away'
  /** What the server answered cannot be read, or contradicts itself. */
  | 'malformed_reply'
  /** Events of another cart arrived. */
  | 'foreign_cart'

/** An error of this package. */
export class CartError extends Error {
  override readonly name = 'CartError'

  constructor(
    readonly code: CartErrorCode,
    message: string,
    readonly details: unknown = null,
    options?: ErrorOptions,
  ) {
    super(message, options)
    // Snapshots hold it.
    Object.freeze(this)
  }
}

/** Any thrown thing as a `CartError`. What the wasm throws is an `Error` with a code and data. */
export function asCartError(thrown: unknown, fallback: CartErrorCode, doing: string): CartError {
  if (thrown instanceof CartError) return thrown
  const { code, data } = (thrown ?? {}) as { code?: unknown; data?: unknown }
  const options = { cause: thrown }
  if (code === 'foreign_cart') return new CartError(code, `${doing}: they belong to another cart`, data, options)
  if (typeof code === 'string' && data !== undefined) {
    return new CartError(fallback, `${doing}: ${code}${placeOf(data)}`, data, options)
  }
  return new CartError(
    fallback,
    `${doing}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    null,
    options,
  )
}

function placeOf(data: unknown): string {
  const { at, problem, reason } = data as { at?: unknown; problem?: unknown; reason?: unknown }
  if (typeof at === 'string') return ` at ${at || '/'} (${String(problem)})`
  return typeof reason === 'string' ? ` (${reason})` : ''
}

/** What the core throws for an argument is the caller's mistake. */
export function misuse<T>(call: () => T): T {
  try {
    return call()
  } catch (thrown) {
    throw asCartError(thrown, 'malformed', 'the core does not take that')
  }
}

/** Does what may fail. The caller says why that does not matter. */
export function quietly(call: () => unknown): void {
  try {
    call()
  } catch {
    // See there.
  }
}
