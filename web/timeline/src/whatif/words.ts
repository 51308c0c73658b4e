/** What-if in words. A sentence tells an event without its effect: the same event has another one in each of the columns. */
import type { CartEvent, Command, PastEvent, WhatIfEdit, WhatIfFate, WhatIfImpossible } from '@tillroll/cart'
import { formatCount, formatPrice } from '@tillroll/storefront/shared/money'
import { ruleInWords } from '@tillroll/storefront/shared/rule'

/** Stands where a person's reference would. */
const MASK = '•••'

const ENDINGS = { checked_out: 'checked out', abandoned: 'abandoned', discarded: 'thrown away' } as const

export function eventInWords(event: PastEvent | CartEvent, currency: string | null): string {
  if (!isKnown(event)) return `${event.type}: something that this build does not know`
  switch (event.type) {
    case 'CartOpened':
      return event.data.currency ? `Opened, prices in ${event.data.currency}` : 'Opened'
    case 'CartClaimed':
      return `Taken over by ${MASK}`
    case 'ItemAdded': {
      const { item_name, quantity, price } = event.data
      return `Added ${formatCount(quantity ?? 1)} ${item_name}${price ? ` at ${formatPrice(price, currency)}` : ''}`
    }
    case 'ItemQuantityChanged':
      return `Set ${event.data.sku} to ${formatCount(event.data.quantity)}`
    case 'ItemRemoved':
      return `Took out ${event.data.sku}`
    case 'DiscountApplied':
      return `Discount ${event.data.code} applied: ${ruleInWords(event.data.rule, currency, (sku) => sku)}`
    case 'DiscountRemoved':
      return `Discount ${event.data.code} taken out`
    case 'CartClosed':
      return event.data.reason ? `Closed, ${ENDINGS[event.data.reason]}` : 'Closed'
    default:
      return event satisfies never
  }
}

const KNOWN: readonly string[] = [
  'CartOpened',
  'CartClaimed',
  'ItemAdded',
  'ItemQuantityChanged',
  'ItemRemoved',
  'DiscountApplied',
  'DiscountRemoved',
  'CartClosed',
] satisfies readonly CartEvent['type'][]

export function isKnown(event: { readonly type: string }): event is CartEvent {
  return KNOWN.includes(event.type)
}

export function commandInWords(command: Command): string {
  switch (command.type) {
    case 'OpenCart':
      return 'Open the cart'
    case 'ClaimCart':
      return `Take it over as ${MASK}`
    case 'AddItem':
      return `Add ${formatCount(command.data.quantity ?? 1)} ${command.data.item_name}`
    case 'ChangeQuantity':
      return `Set ${command.data.sku} to ${formatCount(command.data.quantity)}`
    case 'RemoveItem':
      return `Take out ${command.data.sku}`
    case 'ApplyDiscount':
      return `Enter discount ${command.data.code}`
    case 'RemoveDiscount':
      return `Take out discount ${command.data.code}`
    case 'CloseCart':
      return 'Close the cart'
    default:
      return command satisfies never
  }
}

const behind = (after: number) => (after === 0 ? 'before the first event' : `after version ${formatCount(after)}`)

/** An edit as the list of edits has it. */
export function editInWords(edit: WhatIfEdit, currency: string | null): string {
  switch (edit.edit) {
    case 'fork':
      return edit.version === 0 ? 'Nothing happened' : `Nothing happened after version ${formatCount(edit.version)}`
    case 'drop':
      return `Leave out version ${formatCount(edit.version)}`
    case 'replace':
      return `Version ${formatCount(edit.version)} instead: ${eventInWords(edit.event, currency)}`
    case 'move':
      return `Version ${formatCount(edit.version)} ${behind(edit.after)}`
    case 'insert':
      return `Insert ${behind(edit.after)}: ${eventInWords(edit.event, currency)}`
    case 'issue':
      return `Ask ${behind(edit.after)}: ${commandInWords(edit.command)}`
    default:
      return edit satisfies never
  }
}

/** What became of it, in the middle column. */
export const FATES: Readonly<Record<WhatIfFate['fate'], string>> = {
  same: 'as it was',
  unjudged: 'stays a fact',
  changed: 'changed',
  refused: 'refused now',
  already_so: 'changes nothing',
  dropped: 'left out',
  inserted: 'new',
  moved: 'moved here',
  moved_away: 'moved away',
}

/** The sign of it, so that colour is never alone. */
export const SIGNS: Readonly<Record<WhatIfFate['fate'], string>> = {
  same: '=',
  unjudged: '≈',
  changed: '≠',
  refused: '!',
  already_so: '·',
  dropped: '−',
  inserted: '+',
  moved: '↳',
  moved_away: '↷',
}

export const MODES = {
  as_it_is: { name: 'Fold as they are', about: 'Events are facts: what is left of them folds, allowed or not.' },
  decide_again: {
    name: 'Re-decide',
    about: 'Each later event’s command is judged again, at the prices and rules that this history states.',
  },
} as const

const number = (version: number | null) => formatCount(version ?? 0)

export function impossibleInWords(reason: WhatIfImpossible, edit: number | null, version: number | null): string {
  const which = edit === null ? '' : `Edit ${number(edit + 1)}: `
  switch (reason) {
    case 'too_many_events':
      return 'This history has more than 100,000 events, which is too many to edit.'
    case 'too_many_edits':
      return 'More than 64 edits: take some out.'
    case 'no_such_version':
      return `${which}the cart has no version ${number(version)}. Take the edit out.`
    case 'edited_twice':
      return `${which}another edit is about version ${number(version)} already. Take one of them out.`
    case 'behind_fork':
      return `${which}version ${number(version)} lies behind the fork, where nothing is left. Take one of them out.`
    default:
      return reason satisfies never
  }
}
