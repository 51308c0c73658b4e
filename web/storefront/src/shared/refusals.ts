/** Every refusal of the server, in words for a shopper. The codes are the server's; a code without words does not compile. */
import type { Price, Refusal, RefusalCode } from '@tillroll/cart'
import { formatCount, formatMoney, formatPrice } from './money'

/** Why the server, or the same rules on this page, said no. */
export type ShownRefusal = Pick<Refusal, 'code' | 'details'> & { readonly said?: string }

/** What the words may need to know. */
export interface Wording {
  readonly currency: string | null
  /** The name of an item by its sku, where it is known. */
  nameOf(sku: string): string
}

type Words = (details: Details, wording: Wording) => string

const SENTENCES = {
  cart_not_found: () => 'This cart does not exist any more.',
  cart_already_open: () => 'This cart is open already.',
  cart_closed: () => 'This cart has been checked out. Start a new one to go on.',
  line_not_found: (details, { nameOf }) => `${nameOf(details.text('sku'))} is not in the cart any more.`,
  item_unknown: (details, { nameOf }) => `We no longer sell ${nameOf(details.text('sku'))}.`,
  invalid_quantity: (details) =>
    `Choose a whole number from ${formatCount(details.number('min', 1))} to ${formatCount(details.number('max', 1_000_000))}.`,
  invalid_name: () => 'A name has 1 to 256 bytes and no control characters.',
  invalid_price: () => 'This price is outside of what the till can take.',
  invalid_discount: () => 'This is not a discount code: it has 1 to 256 bytes and no control characters.',
  invalid_currency: () => 'The cart’s currency is not one that the till knows.',
  too_many_lines: (details) =>
    `A cart holds at most ${formatCount(details.number('max', 500))} different items. Take something out first.`,
  too_many_discounts: (details) =>
    `A cart takes at most ${formatCount(details.number('max', 20))} codes. Take one out first.`,
  too_many_events: () => 'This cart has been changed so often that it can only be checked out now.',
  total_too_large: () => 'The total would be more than the till can count.',
  discount_unknown: (details) => `There is no code “${details.text('code')}”.`,
  discount_already_applied: (details) => `“${details.text('code')}” is in the cart already.`,
  discount_not_applied: (details) => `“${details.text('code')}” is not in the cart.`,
  discount_minimum_not_met: (details, { currency }) =>
    `“${details.text('code')}” needs a subtotal of ${formatMoney(details.number('min_subtotal_minor', 0), currency)}; yours is ${formatMoney(details.number('subtotal_minor', 0), currency)}.`,
  price_changed: (details, { currency, nameOf }) =>
    `${nameOf(details.text('sku'))} was ${words(details.price('from'), currency)} and is ${words(details.price('to'), currency)} now.`,
  currency_mismatch: (details) =>
    `The cart is in ${details.text('cart')}, the shop in ${details.text('catalogue')}. Start a new cart.`,
  not_owner: () => 'This cart belongs to somebody else.',
  command_reused: () => 'The till has seen this change before, with another content. Discard it and make it again.',
} satisfies Record<RefusalCode, Words>

/** Whether there are words for a code that comes from a file. */
export function isRefusalCode(code: string): code is RefusalCode {
  return Object.hasOwn(SENTENCES, code)
}

/** The sentence for a refusal. A code of a newer server than this page is named as it is. */
export function refusalInWords(refusal: ShownRefusal, wording: Wording): string {
  if (refusal.code === 'other') return `The till said no (${refusal.said ?? 'without a reason'}).`
  const say: Words = SENTENCES[refusal.code]
  return say(new Details(refusal.details), wording)
}

/** The prices of `price_changed`, if they are there. */
export function changedPrice(refusal: ShownRefusal): { sku: string; from: Price; to: Price } | null {
  const details = new Details(refusal.details)
  const [from, to] = [details.price('from'), details.price('to')]
  return refusal.code === 'price_changed' && from && to ? { sku: details.text('sku'), from, to } : null
}

function words(price: Price | null, currency: string | null): string {
  return price ? formatPrice(price, currency) : 'another price'
}

/** Reads what a refusal says of itself; what is missing or of another kind is left out rather than guessed. */
class Details {
  readonly #members: ReadonlyMap<string, unknown>

  constructor(details: unknown) {
    this.#members = new Map(typeof details === 'object' && details !== null ? Object.entries(details) : [])
  }

  text(name: string): string {
    const value = this.#members.get(name)
    return typeof value === 'string' ? value : '?'
  }

  number(name: string, otherwise: number): number {
    const value = this.#members.get(name)
    return typeof value === 'number' ? value : otherwise
  }

  price(name: string): Price | null {
    const price = new Details(this.#members.get(name))
    const [minor, per] = [price.number('minor', -1), price.number('per', 1)]
    return minor < 0 ? null : { minor, per }
  }
}
