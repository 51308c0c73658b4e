/** What kinds of events there are, numbered as in the packed layout (core/src/packed), and which lane each stands in. */

export const KINDS = [
  'CartOpened',
  'CartClaimed',
  'ItemAdded',
  'ItemQuantityChanged',
  'ItemRemoved',
  'DiscountApplied',
  'DiscountRemoved',
  'CartClosed',
] as const

export type Kind = (typeof KINDS)[number]

/** An event of a newer build. */
export const UNKNOWN = 255

export type Lane = 'shopper' | 'refused' | 'price' | 'checkout' | 'system'

/** From top to bottom. */
export const LANES: readonly Lane[] = ['shopper', 'refused', 'price', 'checkout', 'system']

export const LANE_WORDS = {
  shopper: 'Shopper',
  refused: 'Refused',
  price: 'Price',
  checkout: 'Checkout',
  system: 'System',
} as const satisfies Record<Lane, string>

const LANE_OF: Record<Kind, Lane> = {
  CartOpened: 'system',
  CartClaimed: 'system',
  ItemAdded: 'shopper',
  ItemQuantityChanged: 'shopper',
  ItemRemoved: 'shopper',
  DiscountApplied: 'price',
  DiscountRemoved: 'price',
  CartClosed: 'checkout',
}

/** The lane of each number, as its place in `LANES`. */
export const LANE_OF_NUMBER: Uint8Array = new Uint8Array(256).fill(LANES.indexOf('system'))
for (const [number, kind] of KINDS.entries()) LANE_OF_NUMBER[number] = LANES.indexOf(LANE_OF[kind])

const WORDS: Record<Kind, string> = {
  CartOpened: 'cart opened',
  CartClaimed: 'cart taken over',
  ItemAdded: 'item added',
  ItemQuantityChanged: 'quantity changed',
  ItemRemoved: 'item taken out',
  DiscountApplied: 'discount applied',
  DiscountRemoved: 'discount taken out',
  CartClosed: 'cart closed',
}

/** "item added": what an event of this number is called where there is no room for its sentence. */
export function kindInWords(number: number): string {
  const kind = KINDS[number]
  return kind ? WORDS[kind] : 'event of a newer build'
}
