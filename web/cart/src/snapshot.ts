/** From what the core shows to what a page sees: frozen, and with every part that did not change the same object. */

import type { CoreSettlement, CoreSnapshot, Said } from './core.js'
import type { AttentionItem, CartLine, Connection, Outcome, PendingCommand, Snapshot } from './types.js'
import { share } from './wasm/codec.js'
import { refusal as CODES } from './wasm/generated.js'
import type { CartState, Line, Refusal } from './wire.js'

/** What a snapshot has beside the session. */
export type Around = Pick<Snapshot, 'id' | 'connection' | 'storage' | 'storageError'> & { readonly missing: boolean }

const NONE: readonly never[] = Object.freeze([])
const UNMARKED = { pending: NONE, refused: NONE }
const NOWHERE: CoreSnapshot['sync'] = { confirmed_version: 0, known_version: 0, update_needed: false, diverged: null }

/** What was made of a part of the core's snapshot; that part is the same object until something in it changes. */
const made = new WeakMap<object, unknown>()

function once<Raw extends object, View>(raw: Raw, make: (raw: Raw) => View): View {
  const known = (made.get(raw) as View | undefined) ?? make(raw)
  made.set(raw, known)
  return known
}

/** The snapshot of a session, with every part that did not change taken from the one before. */
export function view(before: Snapshot, core: CoreSnapshot, around: Around): Snapshot {
  const attention = core.attention.map((item) => once(item, attentionOf))
  const pending = core.pending.map((item) => once(item, pendingOf))
  return share(before, { ...shown(core.cart, core, attention, around), pending, attention })
}

/** The snapshot of a state that a server rendered. */
export function viewOf(before: Snapshot | null, cart: CartState | null, around: Around): Snapshot {
  const sync = { ...NOWHERE, confirmed_version: cart?.version ?? 0 }
  return share(before, shown(cart, { lines: [], sync }, [], around))
}

function pendingOf(item: CoreSnapshot['pending'][number]): PendingCommand {
  const { standing } = item
  const refused = standing.standing === 'refused' ? standing : null
  return {
    id: item.id,
    command: item.request,
    subject: item.subject,
    dispatchedAt: item.dispatched_at_ms,
    progress: item.progress,
    standing: standing.standing,
    refusal: refused && refusal(refused.code, '', refused.details),
    cause: refused ? refused.cause : null,
    meant: item.meant,
    now: item.now,
  }
}

function attentionOf(item: CoreSnapshot['attention'][number]): AttentionItem {
  return {
    id: item.id,
    command: item.request,
    subject: item.subject,
    dispatchedAt: item.dispatched_at_ms,
    refusal: said(item.said),
    cause: item.cause,
  }
}

function lineOf(line: Line, marks: CoreSnapshot['lines'][number], attention: readonly AttentionItem[]): CartLine {
  const known = made.get(line) as CartLine | undefined
  const pending = marks.pending.length > 0 ? marks.pending : NONE
  const ofLine = marks.refused.length > 0 ? attention.filter(({ id }) => marks.refused.includes(id)) : NONE
  const refused = share(known?.refused, ofLine)
  if (known?.pending === pending && known.refused === refused) return known
  const now = share(known, { ...line, pending, refused })
  made.set(line, now)
  return now
}

function shown(
  cart: CartState | null,
  { lines, sync }: Pick<CoreSnapshot, 'lines' | 'sync'>,
  attention: readonly AttentionItem[],
  { missing, ...around }: Around,
): Snapshot {
  let pieces = 0
  for (const line of cart?.lines ?? NONE) pieces += line.quantity
  return {
    ...around,
    status: cart?.status ?? (missing ? 'none' : 'unknown'),
    lines: (cart?.lines ?? NONE).map((line, index) => lineOf(line, lines[index] ?? UNMARKED, attention)),
    discounts: cart?.discounts ?? NONE,
    totals: {
      currency: cart?.currency ?? null,
      pieces,
      subtotal_minor: cart?.subtotal_minor ?? 0,
      discount_minor: cart?.discount_minor ?? 0,
      total_minor: cart?.total_minor ?? 0,
      estimated: (cart?.version ?? 0) !== sync.confirmed_version,
    },
    pending: NONE,
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
  // The core made the details of the codes that it knows, here or in the server.
  return CODES.names.includes(code)
    ? ({ code, message, details: details ?? {} } as Refusal)
    : { code: 'other', said: code, message, details }
}

/** A connection and nothing else to say of it. */
export const connection = (state: Connection['state']): Connection => ({ state, retryAt: null, error: null })
