/** Keeps the prices and discount rules that the session decides by those that the server serves. */

import { type Link, request } from './link.js'
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

  readonly #link: Link
  readonly #changed: () => void

  constructor(link: Link, changed: () => void) {
    this.#link = link
    this.#changed = changed
  }

  /** Asks whether there are others, once for all who want to know. */
  ask(): void {
    if (!this.#link.transport.catalogue || this.#link.stopped.aborted) return
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
    const answer = await request(this.#link, async (context) => this.#link.transport.catalogue?.(this.#etag, context))
    if (!answer || answer === 'same') return
    // The core reads it strictly.
    this.#link.session.setCatalogue(answer.catalogue as Catalogue)
    this.#etag = answer.etag
    this.#changed()
  }
}
