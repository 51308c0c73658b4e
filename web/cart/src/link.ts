/** What everything that speaks with the server has in common, and how long it waits. */

import type { CoreSession } from './core.js'
import type { Environment } from './environment.js'
import { CartError } from './errors.js'
import type { RequestContext, Transport } from './types.js'

/** One cart's session and its way to the server. */
export interface Link {
  readonly session: CoreSession
  /** One more session of the same cart. */
  readonly newSession: () => CoreSession
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
  const [working, over] = control(stopped)
  const callOff = env.later(timeoutMs, () => {
    working.abort(new CartError('timed_out', `there was no answer within ${timeoutMs} ms`))
  })
  const { signal } = working
  try {
    return await Promise.race([
      work(signal),
      new Promise<never>((_, reject) => {
        if (signal.aborted) reject(signal.reason)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
    ])
  } finally {
    callOff()
    over(false)
  }
}

/** What is aborted when `stopped` is, for the same reason; and what ends that, and what is going on unless told otherwise. */
export function control(stopped: AbortSignal): readonly [AbortController, (abort?: boolean) => void] {
  const control = new AbortController()
  const stop = () => control.abort(stopped.reason)
  if (stopped.aborted) stop()
  stopped.addEventListener('abort', stop)
  return [
    control,
    (abort = true) => {
      stopped.removeEventListener('abort', stop)
      if (abort) control.abort()
    },
  ]
}
