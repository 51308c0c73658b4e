/** How a client begins: it loads the rules, as often as that takes, and reads what is stored, but waits for neither for ever. */

import { backoff, pause } from './backoff.js'
import type { Core } from './core.js'
import type { Environment } from './environment.js'
import { asCartError, type CartError } from './errors.js'
import { within } from './link.js'
import { freshToken } from './token.js'
import type { CartOptions, CartStorage, QueueStorage, ServedCatalogue, Stored } from './types.js'

/** A storage that does not answer holds nothing up for longer. */
const STORAGE_TIMEOUT_MS = 3_000

/** What is stored of the cart, when that is known. */
export interface Found {
  readonly storage: CartStorage
  readonly stored: Stored
  readonly token: string | null
  readonly catalogue: ServedCatalogue | null
}

/** Loads the rules, again and again where a page waits for them that shows something already. */
export interface Rules {
  load(): Promise<Core>
  /** Loads them at once, where that waits. */
  wake(): void
}

/** `tell` hears of each load that failed, and when it is tried again. */
export function rules(
  load: () => Promise<Core>,
  loads: number,
  env: Environment,
  stopped: AbortSignal,
  tell: (error: CartError, retryAt: number) => void,
): Rules {
  const between = pause(env, stopped)
  return {
    wake: between.end,
    async load() {
      for (let failures = 0; ; failures++) {
        try {
          return await load()
        } catch (thrown) {
          if (failures + 1 >= loads || stopped.aborted) throw thrown
          const pauseMs = backoff(failures, env.random)
          tell(cannotStart(thrown), env.now() + pauseMs)
          const forget = env.onWake(() => env.isOnline() && between.end())
          await between.wait(pauseMs)
          forget()
        }
      }
    },
  }
}

/** What went wrong with a cart that does not begin. */
export const cannotStart = (thrown: unknown): CartError => asCartError(thrown, 'wasm_failed', 'the cart cannot start')

/** Reads what is stored. Undefined when there is no storage, or it does not work, of which `fails` is told. */
export async function look(
  storages: QueueStorage | null,
  { principal = '', id, open }: CartOptions,
  fails: (error: CartError) => void,
): Promise<Found | undefined> {
  if (!storages) return undefined
  try {
    const storage = await storages.open(principal, id)
    const stored = await storage.read()
    const token = await storage.token(open ? freshToken() : '')
    const catalogue = (await storage.catalogue?.().catch(() => null)) ?? null
    return { storage, stored, token: token || null, catalogue }
  } catch (thrown) {
    fails(asCartError(thrown, 'storage_failed', 'the queue cannot be read; it lives in memory'))
    return undefined
  }
}

/** What is stored, unless that takes too long, of which `fails` is told; then it is taken `late`, when it comes. */
export async function inTime(
  looking: Promise<Found | undefined>,
  env: Environment,
  stopped: AbortSignal,
  fails: (error: CartError) => void,
  late: (found: Found) => void,
): Promise<Found | undefined> {
  try {
    return await within(env, STORAGE_TIMEOUT_MS, stopped, () => looking)
  } catch (thrown) {
    fails(asCartError(thrown, 'storage_failed', 'the storage does not answer'))
    void looking.then((found) => found && !stopped.aborted && late(found))
    return undefined
  }
}
