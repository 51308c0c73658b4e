/** How long to wait before trying again: full jitter, so that many clients do not come back together. */

import type { Environment } from './environment.js'

/** The first wait is up to this. */
const BASE_MS = 500
/** No wait is longer, unless the server asks for it. */
const MOST_MS = 30_000
/** A server cannot ask for more. */
const ASKED_MOST_MS = 600_000

/** A wait after so many failures; at least what the server asked for. */
export function backoff(failures: number, random: () => number, askedMs = 0): number {
  const most = Math.min(MOST_MS, BASE_MS * 2 ** Math.min(failures, 16))
  const asked = Math.min(Math.max(askedMs, 0), ASKED_MOST_MS)
  return asked + Math.ceil(random() * most)
}

/** A wait that can be cut short. */
export interface Pause {
  /** Until `end`, the signal's end, or that many milliseconds are over. */
  wait(ms?: number): Promise<void>
  end(): void
}

export function pause({ later }: Pick<Environment, 'later'>, stopped: AbortSignal): Pause {
  let end: (() => void) | null = null
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const over = () => {
          callOff?.()
          stopped.removeEventListener('abort', over)
          end = null
          resolve()
        }
        const callOff = ms === undefined ? null : later(ms, over)
        stopped.addEventListener('abort', over)
        end = over
      }),
    end: () => end?.(),
  }
}
