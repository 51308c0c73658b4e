/** One plain sentence for each event, told from the cart before it and after it: the same as `tillroll explain` tells. */
import type { CartEvent, CartState, Line, PastEvent } from '@tillroll/cart'
import { formatCount, formatMoney } from '@tillroll/storefront/shared/money'
import { ruleInWords } from '@tillroll/storefront/shared/rule'
import { KINDS } from './kinds'

/** Stands where a person's reference would. */
export const MASK = '•••'

/**
 * A text from outside, as far as it can stand in a sentence: what turns the direction of what follows, has no width or
 * controls something is written out, as `tillroll explain` does.
 */
export function plain(text: string): string {
  return text.replaceAll(UNSEEN, (letter) => `\\u{${letter.codePointAt(0)?.toString(16) ?? ''}}`)
}

const UNSEEN = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu

type Known = CartEvent
type Moment = CartState | null

/** Whether this build knows what the event means. */
export function isKnown(event: { readonly type: string }): event is Known {
  return KINDS.some((kind) => kind === event.type)
}

/** The sentence; `shown` is whether references to persons may stand in it. */
export function sentence(event: PastEvent, before: Moment, after: Moment, shown: boolean): string {
  if (!isKnown(event)) return `${plain(event.type)}: something that this build does not know`
  return changesNothing(before, after)
    ? `${attempt(event, shown)}, which changed nothing`
    : told(event, before, after, shown)
}

/** Whether an event left everything that is shown as it was. */
export function changesNothing(before: Moment, after: Moment): boolean {
  if (!before || !after) return before === after
  const { version: _, state_hash: __, ...was } = before
  const { version: ___, state_hash: ____, ...is } = after
  return JSON.stringify(was) === JSON.stringify(is)
}

function attempt(event: Known, shown: boolean): string {
  switch (event.type) {
    case 'CartOpened':
      return 'Opened again'
    case 'CartClaimed':
      return `Taken over by ${shown ? plain(event.data.owner_ref) : MASK}`
    case 'ItemAdded':
      return `Added ${plain(event.data.item_name)}`
    case 'ItemQuantityChanged':
      return `Set ${plain(event.data.sku)} to ${formatCount(event.data.quantity)}`
    case 'ItemRemoved':
      return `Took out ${plain(event.data.sku)}`
    case 'DiscountApplied':
      return `Entered discount ${plain(event.data.code)}`
    case 'DiscountRemoved':
      return `Took out discount ${plain(event.data.code)}`
    case 'CartClosed':
      return 'Closed again'
    default:
      return event satisfies never
  }
}

const ENDINGS = {
  checked_out: 'Closed, checked out',
  abandoned: 'Closed, abandoned',
  discarded: 'Closed, thrown away',
} as const

function told(event: Known, before: Moment, after: Moment, shown: boolean): string {
  const currency = after?.currency ?? null
  const money = (minor: number) => formatMoney(minor, currency)
  const total = (cart: Moment) => cart?.total_minor ?? 0
  switch (event.type) {
    case 'CartOpened':
      return 'Opened'
    case 'CartClaimed':
      return `Taken over by ${shown ? plain(event.data.owner_ref) : MASK}`
    case 'ItemAdded': {
      const sku = event.data.sku ?? event.data.item_name
      const [was, is] = [line(before, sku), line(after, sku)]
      const name = plain(is?.item_name ?? event.data.item_name)
      const quantity = formatCount(event.data.quantity ?? 1)
      const cost = is?.price ? ` (${money(is.total_minor)})` : ''
      return was && is
        ? `Added ${quantity} more ${name}, now ${formatCount(is.quantity)}${cost}`
        : `Added ${quantity} ${name}${cost}`
    }
    case 'ItemQuantityChanged': {
      const [was, is] = [line(before, event.data.sku), line(after, event.data.sku)]
      const cost = is?.price ? ` (${money(is.total_minor)})` : ''
      const count = (of: Line | undefined) => formatCount(of?.quantity ?? 0)
      return `${plain(is?.item_name ?? event.data.sku)}: ${count(is)} instead of ${count(was)}${cost}`
    }
    case 'ItemRemoved': {
      const was = line(before, event.data.sku)
      const cost = was ? ` (${money(-was.total_minor)})` : ''
      return `Took out ${formatCount(was?.quantity ?? 0)} ${plain(was?.item_name ?? event.data.sku)}${cost}`
    }
    case 'DiscountApplied': {
      const nameOf = (sku: string) => plain(line(after, sku)?.item_name ?? sku)
      const taken = total(before) - total(after)
      const effect = taken === 0 ? 'nothing yet' : money(-taken)
      return `Discount ${plain(event.data.code)} (${ruleInWords(event.data.rule, currency, nameOf)}) applied: ${effect}`
    }
    case 'DiscountRemoved':
      return `Discount ${plain(event.data.code)} taken out: +${money(total(after) - total(before))}`
    case 'CartClosed':
      return `${event.data.reason ? ENDINGS[event.data.reason] : 'Closed'}: total ${money(total(after))}`
    default:
      return event satisfies never
  }
}

function line(cart: Moment, sku: string): Line | undefined {
  return cart?.lines.find((one) => one.sku === sku)
}
