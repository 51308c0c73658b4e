/**
 * Keeps the prices and discount rules that the session decides by those that the server serves, and a copy of them where the
 * queue is, so that a page that begins without a connection knows them.
 */

import { quietly } from './errors.js'
import { type Link, request } from './link.js'
import type { CartStorage, ServedCatalogue } from './types.js'
import type { Catalogue, RefusalCode } from './wire.js'

/** Refusals that say that prices or rules are not the ones that are known here. */
const STALE: ReadonlySet<RefusalCode | 'other'> = new Set([
  'price_changed',
  'item_unknown',
  'discount_unknown',
  'currency_mismatch',
] as const)

export class Pricing {
  /** Of what the session decides by; undefined while that is nothing. */
  #etag: string | null | undefined
  #asking: Promise<void> | null = null

  #storage: CartStorage | null = null

  readonly #link: Link
  readonly #changed: () => void

  constructor(link: Link, changed: () => void) {
    this.#link = link
    this.#changed = changed
  }

  /** The storage is there, and what lies in it: that counts until the server was heard. */
  restore(storage: CartStorage, kept: ServedCatalogue | null): void {
    this.#storage = storage
    // What an older build kept and this one cannot read is fetched again.
    if (kept && this.#etag === undefined) quietly(() => this.#take(kept))
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
    const { transport } = this.#link
    const answer = await request(this.#link, async (context) => transport.catalogue?.(this.#etag ?? null, context))
    if (answer === 'same' || (!answer && this.#etag === undefined)) return
    this.#take(answer ?? null)
    this.#changed()
    // Without the copy a page that begins offline takes prices as they are given.
    await this.#storage?.catalogue?.(answer ?? null).catch(() => {})
  }

  /** The core reads it strictly. */
  #take(served: ServedCatalogue | null): void {
    this.#link.session.setCatalogue((served?.catalogue ?? null) as Catalogue | null)
    this.#etag = served?.etag
  }
}
