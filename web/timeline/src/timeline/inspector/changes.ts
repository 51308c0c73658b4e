/** Differences in the order and the words in which people read them. */
import type { Change, Price } from '@tillroll/cart'
import { formatCount, formatMoney, formatPrice } from '@tillroll/storefront/shared/money'

const FIRST = ['/total_minor', '/subtotal_minor', '/discount_minor', '/status']

/** What is to pay first, then the other totals, then field by field. */
export function inOrder(changes: readonly Change[]): readonly Change[] {
  const rank = ({ path }: Change) => {
    const known = FIRST.indexOf(path)
    if (known >= 0) return known
    return path.endsWith('_minor') ? FIRST.length : FIRST.length + 1
  }
  return changes.toSorted((one, other) => rank(one) - rank(other))
}

/** `/lines/oat-milk/total_minor` is "oat-milk total". */
export function namesOf(path: string): string {
  const names = path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  const inside = (names[0] === 'lines' || names[0] === 'discounts') && names.length > 1 ? names.slice(1) : names
  return inside
    .map((name, nth) => (nth === inside.length - 1 ? name.replace(/_minor$/, '').replaceAll('_', ' ') : name))
    .join(' ')
}

/** A value on its own: money as money, a line as what it is. */
export function valueInWords(path: string, value: unknown, currency: string | null): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number') return path.endsWith('_minor') ? formatMoney(value, currency) : formatCount(value)
  if (typeof value === 'string') return value
  const of = value as Readonly<Record<string, unknown>>
  if (isPrice(of)) return formatPrice(of, currency)
  if (typeof of.item_name === 'string' && typeof of.quantity === 'number') {
    const total = typeof of.total_minor === 'number' ? `, ${formatMoney(of.total_minor, currency)}` : ''
    return `${formatCount(of.quantity)} ${of.item_name}${total}`
  }
  if (typeof of.code === 'string' && typeof of.amount_minor === 'number') {
    return `${of.code}, ${formatMoney(-of.amount_minor, currency)}`
  }
  return JSON.stringify(value)
}

function isPrice(value: object): value is Price {
  return 'minor' in value && 'per' in value && typeof value.minor === 'number' && typeof value.per === 'number'
}
