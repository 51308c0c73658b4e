/** The story that is played: clicks that people make every day, and the networks they make them on. */
import type { Catalogue, Command } from '@tillroll/cart'
import { type Faults, NO_FAULTS } from '@tillroll/cart/testing'

/** A click, and the network at that moment. */
export interface Beat {
  readonly network: Partial<Faults>
  readonly command: Command
  /** Before the next click; as long as a hand needs when absent. */
  readonly pauseMs?: number
}

export interface Step {
  readonly title: string
  readonly before: string
  /** What was to be seen. */
  readonly after: string
  readonly beats: readonly Beat[]
  /** How long it may be looked at before the next step; what is on its way comes in meanwhile. */
  readonly looksMs: number
}

type Item = Catalogue['items'][number]

/** The things that are clicked: one whose unit price is no whole cent, and three plain ones. */
export interface Cast {
  readonly byMany: Item
  readonly plain: readonly [Item, Item, Item]
  readonly code: string | null
}

const SLOW: Partial<Faults> = { latencyMs: [2_500, 2_500] }
const SWIFT: Partial<Faults> = { latencyMs: [400, 400] }

export function castOf(catalogue: Catalogue): Cast | null {
  const { items, discounts } = catalogue
  const rounded = ({ price }: Item) => Math.round(price.minor / price.per) * price.per - price.minor
  const byMany =
    items.find((item) => item.price.per === 3 && rounded(item) !== 0) ?? items.find((item) => rounded(item) !== 0)
  const others = items.filter((item) => item.price.per === 1 && item.price.minor >= 100 && item !== byMany)
  // Far apart, so that they are of different departments.
  const [one, two, three] = [0, 1, 2].map((third) => others[Math.floor((others.length * third) / 3)])
  if (!one || !two || !three) return null
  const percent = discounts.find(({ rule }) => rule.kind === 'percent_off' && !rule.sku && !rule.min_subtotal_minor)
  return { byMany: byMany ?? one, plain: [one, two, three], code: (percent ?? discounts[0])?.code ?? null }
}

export function addOf({ sku, item_name }: Item): Command {
  return { type: 'AddItem', data: { sku, item_name, quantity: 1 } }
}

export function storyOf({ byMany, plain: [one, two, three], code }: Cast): readonly Step[] {
  const add = (item: Item, network: Partial<Faults>): Beat => ({ network, command: addOf(item) })
  const remove = ({ sku }: Item, network: Partial<Faults>): Beat => ({
    network,
    command: { type: 'RemoveItem', data: { sku } },
  })
  const withCode: readonly Step[] =
    code === null
      ? []
      : [
          {
            title: 'A discount code',
            before: 'A code is typed in on a slow network, and another item follows at once.',
            after: 'By hand, nobody knows what the code is worth before the reply; the new item counts in full.',
            beats: [{ network: SLOW, command: { type: 'ApplyDiscount', data: { code } } }, add(two, SLOW)],
            looksMs: 5_500,
          },
        ]
  return [
    {
      title: 'Three for a price',
      before: `Three clicks on an item that costs so much for ${byMany.price.per}. The network is slow.`,
      after: 'By hand, the unit price was rounded first and then multiplied. The till rounds once, at the end.',
      beats: [add(byMany, SLOW), add(byMany, SLOW), add(byMany, SLOW)],
      looksMs: 6_000,
    },
    {
      title: 'A plain item',
      before: 'One item at a plain price.',
      after: 'Here both are right: this is the case that carts by hand are made for.',
      beats: [add(one, SWIFT)],
      looksMs: 2_000,
    },
    ...withCode,
    {
      title: 'A late reply',
      before: 'An item is added, and its reply is held up. Meanwhile the first item is taken out.',
      after: 'By hand, the late reply is of a time when the item was still there: it is back, and it stays.',
      beats: [{ ...add(three, { latencyMs: [1_000, 1_000], reordered: 1 }), pauseMs: 1_500 }, remove(byMany, SWIFT)],
      looksMs: 5_000,
    },
    {
      title: 'One of two fails',
      before: 'Two clicks. The server is too busy for the first one and takes the second one.',
      after:
        'By hand, the snapshot of before the first click comes back: both are gone, though the till has the second.',
      beats: [add(one, { latencyMs: [3_000, 3_000], unavailable: 1 }), add(two, SWIFT)],
      looksMs: 6_000,
    },
    {
      title: 'The network is good again',
      before: 'Nothing more is clicked.',
      after: 'What was queued has gone out. One cart is the till’s, to the cent; the other one waits for a reload.',
      beats: [],
      looksMs: 2_500,
    },
  ]
}

/** The network of a beat, with nothing left of the one before. */
export function networkOf({ network }: Beat): Faults {
  return { ...NO_FAULTS, ...network }
}
