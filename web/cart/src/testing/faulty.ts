/** A transport that goes wrong as it is told. */

import { environment as around, type Environment } from '../environment.js'
import { CartError } from '../errors.js'
import type { RequestContext, SendResult, Transport } from '../types.js'

/** How often what goes wrong, as a part of 1. May be changed at any time. */
export interface Faults {
  /** No request gets through, and streams end. */
  offline: boolean
  /** Milliseconds that a request and its answer take together: from, to. */
  latencyMs: readonly [number, number]
  /** The request is lost before the server has it. */
  lostBefore: number
  /** The server does it and the answer is lost; a stream breaks off at an event. */
  lostAfter: number
  /** The server gets it twice; of a stream, an event comes twice. */
  doubled: number
  /** An answer, or an event, comes after later ones. */
  reordered: number
  /** The server answers 503 with a `Retry-After`. */
  unavailable: number
  /** The answer is cut in the middle. */
  truncated: number
}

/** A transport whose faults can be turned up and down while it runs. */
export interface FaultyTransport extends Transport {
  readonly faults: Faults
}

/** Nothing goes wrong. */
export const NO_FAULTS: Readonly<Faults> = {
  offline: false,
  latencyMs: [0, 0],
  lostBefore: 0,
  lostAfter: 0,
  doubled: 0,
  reordered: 0,
  unavailable: 0,
  truncated: 0,
}

const RETRY_AFTER_MS = 1_000
/** A stream looks so often whether the connection is gone. */
const LOOK_MS = 250
/** What is held back comes so many times later. */
const HELD_BACK = 5

/**
 * A transport that goes wrong as it is told. Chance and time are the environment's, so a seed gives the same again.
 *
 * @example
 * ```ts
 * const transport = faulty(http(), { latencyMs: [200, 2_000], lostAfter: 0.2 })
 * transport.faults.offline = true // from now on
 * ```
 */
export function faulty(
  transport: Transport,
  faults: Partial<Faults> = {},
  environment: Partial<Environment> = {},
): FaultyTransport {
  const { random, later } = around(environment)
  const now: Faults = { ...NO_FAULTS, ...faults }
  const happens = (part: number) => part > 0 && random() < part
  const half = () => (now.latencyMs[0] + random() * (now.latencyMs[1] - now.latencyMs[0])) / 2
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      later(ms, resolve)
    })
  const lost = () => new CartError('unreachable', 'the server was not reached')

  /** There and back. `twice`: what is asked for is asked for twice. */
  const through = async <T>(ask: () => Promise<T>, twice: boolean): Promise<T> => {
    await wait(half())
    if (now.offline || happens(now.lostBefore)) throw lost()
    if (twice && happens(now.doubled)) {
      const again = ask()
      again.catch(() => {})
    }
    const answer = await ask()
    await wait(half() * (happens(now.reordered) ? HELD_BACK : 1))
    if (now.offline || happens(now.lostAfter)) throw lost()
    if (happens(now.truncated)) throw new CartError('malformed_reply', 'what the server sent is no JSON')
    return answer
  }

  const refuseNow = (): CartError | null => {
    if (!happens(now.unavailable)) return null
    const details = { status: 503, code: 'unavailable', retryAfterMs: RETRY_AFTER_MS }
    return new CartError('unavailable', 'the server cannot answer now', details)
  }

  return {
    faults: now,

    async send(batch, context): Promise<SendResult> {
      const error = refuseNow()
      if (!error) return through(() => transport.send(batch, context), true)
      await wait(half())
      return { result: 'failed', maybeDone: true, retryAfterMs: RETRY_AFTER_MS, error }
    },

    page(after, context, form) {
      const error = refuseNow()
      return error ? Promise.reject(error) : through(() => transport.page(after, context, form), false)
    },

    async open(after, context, take, opened) {
      await wait(half())
      const error = now.offline ? lost() : refuseNow()
      if (error) throw error
      const cut = new AbortController()
      const end = () => cut.abort()
      context.signal.addEventListener('abort', end)
      const look = () => {
        if (now.offline) cut.abort(lost())
        else if (!cut.signal.aborted) later(LOOK_MS, look)
      }
      look()
      const hand = (events: readonly unknown[]) => {
        if (happens(now.lostAfter)) return cut.abort(lost())
        for (let times = happens(now.doubled) ? 2 : 1; times > 0; times--) {
          const ms = half() * (happens(now.reordered) ? HELD_BACK : 1)
          later(ms, () => {
            if (!cut.signal.aborted) take(events)
          })
        }
      }
      const listening: RequestContext = { ...context, signal: cut.signal }
      await transport.open(after, listening, hand, opened)
      context.signal.removeEventListener('abort', end)
      if (cut.signal.reason instanceof CartError) throw cut.signal.reason
    },

    ...(transport.catalogue && {
      catalogue: (etag: string | null, context: RequestContext) =>
        through(async () => transport.catalogue?.(etag, context), false),
    }),
  }
}
