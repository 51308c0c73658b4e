/** What everything that speaks with the server has in common, and how long it waits. */

import type { CoreSession } from './core.js'
import type { Environment } from './environment.js'
import { CartError } from './errors.js'
import type { RequestContext, Transport } from './types.js'

/** One cart's session and its way to the server. */
export interface Link {
  readonly session: CoreSession
  readonly transport: Transport
  readonly env: Environment
  readonly context: Omit<RequestContext, 'signal'>
  /** Most milliseconds of a request. */
  readonly timeoutMs: number
  /** Aborted when the cart is closed. */
  readonly stopped: AbortSignal
}

/** Makes a request that is given up after a while, or when the cart is closed. */
export function request<T>(link: Link, make: (context: RequestContext) => Promise<T>): Promise<T> {
  return within(link.env, link.timeoutMs, link.stopped, (signal) => make({ ...link.context, signal }))
}

/** Does what is given up after a while, or when `stopped` says so. */
export async function within<T>(
  env: Pick<Environment, 'later'>,
  timeoutMs: number,
  stopped: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const control = new AbortController()
  const stop = () => control.abort(new CartError('closed', 'the cart was closed'))
  if (stopped.aborted) stop()
  stopped.addEventListener('abort', stop)
  const callOff = env.later(timeoutMs, () => {
    control.abort(new CartError('timed_out', `there was no answer within ${timeoutMs} ms`))
  })
  const given = new Promise<never>((_, reject) => {
    const over = () => reject(control.signal.reason)
    if (control.signal.aborted) over()
    control.signal.addEventListener('abort', over)
  })
  try {
    return await Promise.race([work(control.signal), given])
  } finally {
    callOff()
    stopped.removeEventListener('abort', stop)
  }
}
