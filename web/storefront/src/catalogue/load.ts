/** The price list as the server gives it, asked for once and again when there is reason to believe that it is another. */
import type { Catalogue } from '@tillroll/cart'

export type Loaded = { readonly catalogue: Catalogue; readonly etag: string | null }

/** Why there is nothing to sell. */
export type NoCatalogue = 'unreachable' | 'none' | 'unreadable'

export async function loadCatalogue(etag: string | null = null): Promise<Loaded | 'same' | NoCatalogue> {
  let reply: Response
  try {
    reply = await fetch('/catalogue', { headers: etag === null ? {} : { 'if-none-match': etag } })
  } catch {
    return 'unreachable'
  }
  if (reply.status === 304) return 'same'
  if (reply.status === 404) return 'none'
  if (!reply.ok) return 'unreachable'
  try {
    const read: unknown = await reply.json()
    if (!isCatalogue(read)) return 'unreadable'
    const found = reply.headers.get('etag')
    return found !== null && found === etag ? 'same' : { catalogue: read, etag: found }
  } catch {
    return 'unreadable'
  }
}

/** Whether it can be shown; what its prices and rules mean is checked where they are used, in the core. */
function isCatalogue(read: unknown): read is Catalogue {
  const { currency, items, discounts } = (read ?? {}) as Record<string, unknown>
  return typeof currency === 'string' && Array.isArray(items) && Array.isArray(discounts) && items.every(isItem)
}

function isItem(read: unknown): boolean {
  const { sku, item_name, price } = (read ?? {}) as Record<string, unknown>
  const { minor, per } = (price ?? {}) as Record<string, unknown>
  const texts = typeof sku === 'string' && typeof item_name === 'string'
  return texts && Number.isSafeInteger(minor) && Number.isSafeInteger(per)
}
