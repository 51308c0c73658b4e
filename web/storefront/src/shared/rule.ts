import type { Rule } from '@tillroll/cart'
import { formatBasisPoints, formatMoney } from './money'

/** What a discount does, in a few words: "10% off from €20.00". */
export function ruleInWords(rule: Rule, currency: string | null, nameOf: (sku: string) => string): string {
  const off = rule.kind === 'percent_off' ? formatBasisPoints(rule.basis_points) : formatMoney(rule.minor, currency)
  const what = rule.sku == null ? '' : ` ${nameOf(rule.sku)}`
  const from = rule.min_subtotal_minor == null ? '' : ` from ${formatMoney(rule.min_subtotal_minor, currency)}`
  return `${off} off${what}${from}`
}
