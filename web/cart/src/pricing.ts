/**
 * Keeps the prices and discount rules that the session decides by those that the server serves, and a copy of them where the
 * queue is, so that a page that begins without a connection knows them.
 */

import { quietly } from './errors.js'
import { type Link, request } from './link.js'
import type { CartStorage, ServedCatalogue } from './types.js'
import type { Catalogue } from './wire.js'

/** Refusals that say that prices or rules are not the ones that are known here. */
const STALE = /^(price_changed|(item|discount)_unknown|currency_mismatch)$/

export interface Pricing {
  /** The storage is there, and what lies in it: that counts until the server was heard. */
  restore(storage: CartStorage, kept: ServedCatalogue | null): void
  /** Asks whether there are others, once for all who want to know. */
  ask(): void
  /** The server refused something for a reason with this code. */
  hear(code: string): void
}

export function pricing(link: Link, changed: () => void): Pricing {
  const { session, transport, stopped } = link
  /** Of what the session decides by; undefined while that is nothing. */
  let etag: string | null | undefined
  let asking: Promise<void> | null = null
  let copies: CartStorage | null = null

  /** The core reads it strictly. */
  const take = (served: ServedCatalogue | null): void => {
    session.setCatalogue((served?.catalogue ?? null) as Catalogue | null)
    etag = served?.etag
  }

  const fetched = async (): Promise<void> => {
    const answer = await request(link, async (context) => transport.catalogue?.(etag ?? null, context))
    if (answer === 'same' || (!answer && etag === undefined)) return
    take(answer ?? null)
    changed()
    // Without the copy a page that begins offline takes prices as they are given.
    await copies?.catalogue?.(answer ?? null)
  }

  const ask = (): void => {
    if (asking || !transport.catalogue || stopped.aborted) return
    asking = fetched()
      // Without it, prices are taken as they are given and the server decides.
      .catch(() => {})
      .finally(() => {
        asking = null
      })
  }

  return {
    restore(storage, kept) {
      copies = storage
      // What an older build kept and this one cannot read is fetched again.
      if (kept && etag === undefined) quietly(() => take(kept))
    },
    ask,
    hear: (code) => STALE.test(code) && ask(),
  }
}
