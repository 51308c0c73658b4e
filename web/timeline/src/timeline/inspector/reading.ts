/** How this build reads an event as it was stored: shapes are only ever added to, so nothing is rewritten, only filled in. */

/** The shape that this build writes. */
const SCHEMA = 1

/** What each event may say. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  CartOpened: ['shopping_cart_uuid', 'currency', 'owner_ref', 'token_hash'],
  CartClaimed: ['shopping_cart_uuid', 'owner_ref'],
  ItemAdded: ['shopping_cart_uuid', 'item_name', 'sku', 'quantity', 'price'],
  ItemQuantityChanged: ['shopping_cart_uuid', 'sku', 'quantity'],
  ItemRemoved: ['shopping_cart_uuid', 'sku'],
  DiscountApplied: ['shopping_cart_uuid', 'code', 'rule'],
  DiscountRemoved: ['shopping_cart_uuid', 'code'],
  CartClosed: ['shopping_cart_uuid', 'reason'],
}

/** What a member that is not there is taken for. */
const TAKEN_FOR: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ItemAdded: {
    sku: 'no sku: the line goes by its item’s name',
    quantity: 'no quantity: one piece',
    price: 'no price: that of the line stays',
  },
  CartOpened: { currency: 'no currency: amounts have none' },
}

export interface Reading {
  /** The schema's version with what that means here. */
  readonly schema: string
  /** What was filled in, and what was not looked at. */
  readonly notes: readonly string[]
}

export function readingOf(type: string, schema: number, data: unknown): Reading {
  const members = MEMBERS[type]
  if (!members) return { schema: `${schema}, of an event that this build does not know`, notes: [] }
  const given = typeof data === 'object' && data !== null ? Object.keys(data) : []
  const filled = Object.entries(TAKEN_FOR[type] ?? {}).flatMap(([member, note]) =>
    given.includes(member) ? [] : [note],
  )
  const unread = given.filter((member) => !members.includes(member)).map((member) => `${member}: not known, not read`)
  return {
    schema:
      schema > SCHEMA ? `${schema}, newer than this build’s ${SCHEMA}: what it knows is read` : `${schema}, no upcast`,
    notes: [...filled, ...unread],
  }
}
