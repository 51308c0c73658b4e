/** Amounts as a person reads them. Minor units go in; nothing here adds, multiplies or rounds. */
import type { Price } from '@tillroll/cart'

interface Amounts {
  readonly format: Intl.NumberFormat
  readonly digits: number
}

const known = new Map<string, Amounts>()

/** What knows how to write a currency; one that Intl does not take is written with its code and two digits. */
function amounts(currency: string | null): Amounts {
  const name = currency ?? ''
  const found = known.get(name)
  if (found) return found
  const made = make(name)
  known.set(name, made)
  return made
}

function make(currency: string): Amounts {
  let format: Intl.NumberFormat
  try {
    format = new Intl.NumberFormat(undefined, { style: 'currency', currency })
  } catch {
    format = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  }
  return { format, digits: format.resolvedOptions().maximumFractionDigits ?? 2 }
}

/** The amount as a decimal text: digits are moved, so that no cent is lost above 2^53 / 100. */
function decimal(minor: number, digits: number): `${number}` {
  const sign = minor < 0 ? '-' : ''
  const text = Math.abs(minor)
    .toString()
    .padStart(digits + 1, '0')
  const cut = text.length - digits
  return `${sign}${text.slice(0, cut)}${digits > 0 ? `.${text.slice(cut)}` : ''}` as `${number}`
}

export function formatMoney(minor: number, currency: string | null): string {
  const { format, digits } = amounts(currency)
  return format.format(decimal(minor, digits))
}

/** "€2.00 for 3", or "€1.19" where it is a price for one. */
export function formatPrice(price: Price, currency: string | null): string {
  const money = formatMoney(price.minor, currency)
  return price.per === 1 ? money : `${money} for ${formatCount(price.per)}`
}

const counts = new Intl.NumberFormat()
const percents = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 2 })

export function formatCount(count: number): string {
  return counts.format(count)
}

/** 1,000 basis points are 10 %. */
export function formatBasisPoints(points: number): string {
  return percents.format(`${points}e-4` as `${number}`)
}
