/** Keeps the prices and discount rules that the session decides by those that the server serves. */

import type { CoreSession } from './core.js'
import type { Environment } from './environment.js'
import { within } from './sender.js'
import type { RequestContext, Transport } from './types.js'
import type { Catalogue, RefusalCode } from './wire.js'

/** Refusals that say that prices or rules are not the ones that are known here. */
const STALE: ReadonlySet<RefusalCode | 'other'> = new Set([
  'price_changed',
  'item_unknown',
  'discount_unknown',
  'currency_mismatch',
] as const)

export class Pricing {
  #etag: string | null = null
  #asking: Promise<void> | null = null

  readonly #session: CoreSession
  readonly #transport: Transport
  readonly #env: Environment
  readonly #context: Omit<RequestContext, 'signal'>
  readonly #timeoutMs: number
  readonly #stopped: AbortSignal
  readonly #changed: () => void

  constructor(
    session: CoreSession,
    transport: Transport,
    env: Environment,
    context: Omit<RequestContext, 'signal'>,
    timeoutMs: number,
    stopped: AbortSignal,
    changed: () => void,
  ) {
    this.#session = session
    this.#transport = transport
    this.#env = env
    this.#context = context
    this.#timeoutMs = timeoutMs
    this.#stopped = stopped
    this.#changed = changed
  }

  /** Asks whether there are others, once for all who want to know. */
  ask(): void {
    if (!this.#transport.catalogue || this.#stopped.aborted) return
    this.#asking ??= this.#fetch()
      // Without it, prices are taken as they are given and the server decides.
      .catch(() => {})
      .finally(() => {
        this.#asking = null
      })
  }

  /** The server refused something. */
  hear(code: RefusalCode | 'other'): void {
    if (STALE.has(code)) this.ask()
  }

  async #fetch(): Promise<void> {
    const answer = await within(this.#env, this.#timeoutMs, this.#stopped, async (signal) =>
      this.#transport.catalogue?.(this.#etag, { ...this.#context, signal }),
    )
    if (!answer || answer === 'same') return
    // The core reads it strictly.
    this.#session.setCatalogue(answer.catalogue as Catalogue)
    this.#etag = answer.etag
    this.#changed()
  }
}
