// Waiting for a state instead of for a time.
import { setTimeout as pause } from 'node:timers/promises'

/** What has not happened by then does not happen: long enough for a machine that compiles beside the tests. */
export const BOUND_MS = 30_000
const PAUSE_MS = 20

/**
 * Asks again and again until the answer is truthy, and gives that answer. A probe that throws is asked again.
 *
 * @template T
 * @param {string} what named in the error
 * @param {() => T | Promise<T>} probe
 * @param {number} [bound_ms]
 * @returns {Promise<NonNullable<T>>}
 */
export const until = async (what, probe, bound_ms = BOUND_MS) => {
  const end = performance.now() + bound_ms
  /** @type {unknown} */
  let last
  do {
    try {
      const answer = await probe()
      if (answer) return answer
      last = answer
    } catch (error) {
      last = error
    }
    await pause(PAUSE_MS)
  } while (performance.now() < end)
  throw new Error(`not within ${bound_ms} ms: ${what}`, { cause: last })
}
