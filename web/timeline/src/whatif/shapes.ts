/** What an event or a command is made of, field by field: forms are made from these, and give their data back. */
import type { CartEvent, Command } from '@tillroll/cart'

export interface Field {
  /** Where in the data: `price.minor`. */
  readonly path: string
  readonly label: string
  readonly kind: 'text' | 'whole' | 'choice'
  readonly choices?: Readonly<Record<string, string>>
  readonly optional?: boolean
}

const text = (path: string, label: string, optional = false): Field => ({ path, label, kind: 'text', optional })
const whole = (path: string, label: string, optional = false): Field => ({ path, label, kind: 'whole', optional })
const choice = (path: string, label: string, choices: Readonly<Record<string, string>>, optional = false): Field => ({
  path,
  label,
  kind: 'choice',
  choices,
  optional,
})

const REASONS = { checked_out: 'checked out', abandoned: 'abandoned', discarded: 'thrown away' }
const ITEM = [text('item_name', 'Item'), text('sku', 'Sku', true), whole('quantity', 'Pieces', true)]
const PRICE = [whole('price.minor', 'Price in minor units', true), whole('price.per', 'For so many pieces', true)]
const RULE = [
  choice('rule.kind', 'Rule', { percent_off: 'percent off', amount_off: 'amount off' }),
  whole('rule.basis_points', 'Basis points, for percent', true),
  whole('rule.minor', 'Minor units, for an amount', true),
  text('rule.sku', 'Only off this sku', true),
  whole('rule.min_subtotal_minor', 'From this subtotal, in minor units', true),
]

export const EVENT_FIELDS = {
  ItemAdded: [...ITEM, ...PRICE],
  ItemQuantityChanged: [text('sku', 'Sku'), whole('quantity', 'Pieces')],
  ItemRemoved: [text('sku', 'Sku')],
  DiscountApplied: [text('code', 'Code'), ...RULE],
  DiscountRemoved: [text('code', 'Code')],
  CartClosed: [choice('reason', 'Reason', REASONS, true)],
  CartClaimed: [text('owner_ref', 'Owner’s reference')],
  CartOpened: [text('currency', 'Currency', true), text('owner_ref', 'Owner’s reference', true)],
} as const satisfies Record<CartEvent['type'], readonly Field[]>

export const COMMAND_FIELDS = {
  AddItem: [...ITEM, ...PRICE],
  ChangeQuantity: [text('sku', 'Sku'), whole('quantity', 'Pieces')],
  RemoveItem: [text('sku', 'Sku')],
  ApplyDiscount: [text('code', 'Code')],
  RemoveDiscount: [text('code', 'Code')],
  CloseCart: [choice('reason', 'Reason', REASONS, true)],
  ClaimCart: [text('owner_ref', 'Owner’s reference')],
  OpenCart: [text('currency', 'Currency', true)],
} as const satisfies Record<Command['type'], readonly Field[]>

type Data = Readonly<Record<string, unknown>>

/** The text that a field shows of some data. */
export function shownOf(data: Data, path: string): string {
  const [first = '', second] = path.split('.')
  const value = data[first]
  const inner = second === undefined ? value : (value as Data | null | undefined)?.[second]
  return inner === undefined || inner === null ? '' : String(inner)
}

/** What the fields say, as data; what was left empty is not there. `kept` is data that no field is about. */
export function dataOf(fields: readonly Field[], said: Readonly<Record<string, string>>, kept: Data): Data {
  const data: Record<string, unknown> = { ...kept }
  for (const { path, kind } of fields) {
    const [first = '', second] = path.split('.')
    const written = said[path]?.trim() ?? ''
    const value = written === '' ? undefined : kind === 'whole' ? Number(written) : written
    if (second === undefined) {
      if (value === undefined) delete data[first]
      else data[first] = value
    } else if (value !== undefined) {
      data[first] = { ...(data[first] as Data | undefined), [second]: value }
    }
  }
  return data
}
