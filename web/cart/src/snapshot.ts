/** From what the core shows to what a page sees: frozen, and with every part that did not change the same object. */

import type { CoreSettlement, CoreSnapshot, Said } from './core.js'
import type { AttentionItem, Connection, Outcome, PendingCommand, Snapshot } from './types.js'
import type { CartState, Refusal, RefusalCode } from './wire.js'

/** What a snapshot has beside the session. */
export type Around = Pick<Snapshot, 'id' | 'connection' | 'storage' | 'storageError'> & { readonly missing: boolean }

const NOWHERE: CoreSnapshot['sync'] = { confirmed_version: 0, known_version: 0, update_needed: false, diverged: null }

/** All codes of refusals. */
const CODES: Record<RefusalCode, true> = {
  cart_not_found: true,
  cart_already_open: true,
  cart_closed: true,
  line_not_found: true,
  item_unknown: true,
  invalid_quantity: true,
  invalid_name: true,
  invalid_price: true,
  invalid_discount: true,
  invalid_currency: true,
  too_many_lines: true,
  too_many_discounts: true,
  too_many_events: true,
  total_too_large: true,
  discount_unknown: true,
  discount_already_applied: true,
  discount_not_applied: true,
  discount_minimum_not_met: true,
  price_changed: true,
  currency_mismatch: true,
  not_owner: true,
  command_reused: true,
}

/** The snapshot of a session. */
export function view(core: CoreSnapshot, around: Around): Snapshot {
  const attention: readonly AttentionItem[] = core.attention.map((item) => ({
    id: item.id,
    command: item.request,
    subject: item.subject,
    dispatchedAt: item.dispatched_at_ms,
    refusal: said(item.said),
    cause: item.cause,
  }))
  const pending: readonly PendingCommand[] = core.pending.map((item) => ({
    id: item.id,
    command: item.request,
    subject: item.subject,
    dispatchedAt: item.dispatched_at_ms,
    progress: item.progress,
    standing: item.standing.standing,
    refusal: item.standing.standing === 'refused' ? refusal(item.standing.code, '', item.standing.details) : null,
    cause: item.standing.standing === 'refused' ? item.standing.cause : null,
    meant: item.meant,
    now: item.now,
  }))
  return { ...shown(core.cart, core, attention, around), pending, attention }
}

/** The snapshot of a state that a server rendered. */
export function viewOf(cart: CartState | null, around: Around): Snapshot {
  return shown(cart, { lines: [], sync: { ...NOWHERE, confirmed_version: cart?.version ?? 0 } }, [], around)
}

function shown(
  cart: CartState | null,
  { lines, sync }: Pick<CoreSnapshot, 'lines' | 'sync'>,
  attention: readonly AttentionItem[],
  { missing, ...around }: Around,
): Snapshot {
  let pieces = 0
  for (const line of cart?.lines ?? []) pieces += line.quantity
  return {
    ...around,
    status: cart?.status ?? (missing ? 'none' : 'unknown'),
    lines: (cart?.lines ?? []).map((line, index) => ({
      ...line,
      pending: lines[index]?.pending ?? [],
      refused: attention.filter(({ id }) => lines[index]?.refused.includes(id)),
    })),
    discounts: cart?.discounts ?? [],
    totals: {
      currency: cart?.currency ?? null,
      pieces,
      subtotal_minor: cart?.subtotal_minor ?? 0,
      discount_minor: cart?.discount_minor ?? 0,
      total_minor: cart?.total_minor ?? 0,
      estimated: (cart?.version ?? 0) !== sync.confirmed_version,
    },
    pending: [],
    attention,
    confirmedVersion: sync.confirmed_version,
    knownVersion: sync.known_version,
    updateNeeded: sync.update_needed,
    diverged: sync.diverged,
  }
}

/** How a command ended, as a page sees it. */
export function outcomeOf(outcome: CoreSettlement['outcome']): Outcome {
  return outcome.outcome === 'refused' ? { outcome: 'refused', refusal: said(outcome) } : outcome
}

/** A refusal in the server's words. */
function said({ code, message, details }: Said): Refusal {
  try {
    return refusal(code, message, JSON.parse(details))
  } catch {
    return refusal(code, message, null)
  }
}

/** A refusal by its code. */
export function refusal(code: string, message: string, details: unknown): Refusal {
  // The core made the details of these codes, here or in the server.
  if (Object.hasOwn(CODES, code)) return { code, message, details: details ?? {} } as Refusal
  return { code: 'other', said: code, message, details }
}

/** A connection and nothing else to say of it. */
export const connection = (state: Connection['state']): Connection => ({ state, retryAt: null, error: null })

type Keyed = { readonly [member: string]: unknown }

/** The newer value, with every part that equals the older one's being that very part; what is new is frozen. */
export function share<T>(older: unknown, newer: T): T {
  if (Object.is(older, newer) || typeof newer !== 'object' || newer === null) return newer
  // A part of the core's snapshot: what of it equals the older one is the older one already.
  if (Object.isFrozen(newer)) return newer
  if (Array.isArray(newer)) return shareList(Array.isArray(older) ? older : [], newer as unknown[]) as T
  if (Object.getPrototypeOf(newer) !== Object.prototype) return newer
  const before = (typeof older === 'object' && older !== null ? older : {}) as Keyed
  const names = Object.keys(newer)
  let same = names.length === Object.keys(before).length
  for (const name of names) {
    const now = (newer as Keyed)[name]
    const kept = share(Object.hasOwn(before, name) ? before[name] : undefined, now)
    if (!Object.is(kept, now)) (newer as { [member: string]: unknown })[name] = kept
    same &&= Object.hasOwn(before, name) && Object.is(kept, before[name])
  }
  return same ? (before as T) : Object.freeze(newer)
}

/** Elements are matched by their place, or by their key when a list grew or shrank in front of them. */
function shareList(older: readonly unknown[], newer: unknown[]): unknown[] {
  let same = older.length === newer.length
  let byKey: Map<unknown, unknown> | null = null
  for (const [index, now] of newer.entries()) {
    let before = older[index]
    const key = keyOf(now)
    if (key !== undefined && key !== keyOf(before)) {
      byKey ??= new Map(older.map((element) => [keyOf(element), element]))
      before = byKey.get(key)
    }
    newer[index] = share(before, now)
    same &&= Object.is(newer[index], older[index])
  }
  return same ? (older as unknown[]) : (Object.freeze(newer) as unknown[])
}

function keyOf(element: unknown): unknown {
  const { id, sku, code } = (element ?? {}) as Keyed
  return id ?? sku ?? code
}
