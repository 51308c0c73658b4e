/** Counts and names as a person reads them. */
import { formatCount } from '@tillroll/storefront/shared/money'

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** A text from the wire as something to show: what it says, or its JSON. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A moment of the wire; undefined when there is none. */
export function read(moment: string | null | undefined): number | undefined {
  const at = moment == null ? Number.NaN : Date.parse(moment)
  return Number.isNaN(at) ? undefined : at
}

const SUBSCRIPTIONS = ['carts', 'suggestions', 'reminders'] as const
export type Subscription = (typeof SUBSCRIPTIONS)[number]
export { SUBSCRIPTIONS }
