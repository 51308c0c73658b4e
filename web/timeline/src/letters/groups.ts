/** Letters by cart, then by reason; no drawing. */
import type { Head } from './wire'

export interface CartGroup {
  /** In the page; the carts, or `nobody`. */
  readonly key: string
  readonly carts: readonly string[]
  /** All carts of its letters; more than are named when a message holds many. */
  readonly cartsTotal: number
  readonly reasons: readonly ReasonGroup[]
}

export interface ReasonGroup {
  readonly subscription: string
  readonly reason: string
  readonly letters: readonly Head[]
  readonly oldest: number
  readonly attempts: number
  readonly events: number
}

/** Groups in the order of their oldest letter. A message of several carts is a group with the others of the same ones. */
export function groups(letters: readonly Head[]): readonly CartGroup[] {
  const byCarts = Map.groupBy(letters, ({ cart_ids = [] }) => cart_ids.join(' ') || 'nobody')
  return [...byCarts].map(([key, of]) => ({
    key,
    carts: of[0]?.cart_ids ?? [],
    cartsTotal: Math.max(...of.map(({ carts = 0 }) => carts)),
    reasons: [...Map.groupBy(of, ({ subscription, reason }) => `${subscription} ${reason}`).values()].map(reasonGroup),
  }))
}

function reasonGroup(letters: readonly Head[]): ReasonGroup {
  const first = letters[0]
  return {
    subscription: first?.subscription ?? '',
    reason: first?.reason ?? '',
    letters,
    oldest: Math.min(...letters.map(({ given_up_at }) => Date.parse(given_up_at))),
    attempts: Math.max(...letters.map(({ receive_count }) => receive_count)),
    events: letters.reduce((sum, { events = 0 }) => sum + events, 0),
  }
}

/** Other letters that hold later events of the same carts: a redrive of the one alone would come before them. */
export function later(of: readonly Head[], among: readonly Head[]): readonly Head[] {
  const ids = new Set(of.map(({ id }) => id))
  const carts = new Set(of.flatMap(({ cart_ids = [] }) => cart_ids))
  const last = Math.max(0, ...of.map(({ last_version }) => last_version ?? 0))
  return among.filter(
    ({ id, cart_ids = [], last_version }) =>
      !ids.has(id) && (last_version ?? 0) > last && cart_ids.some((cart) => carts.has(cart)),
  )
}

/** "versions 3 to 9", as far as the messages say. */
export function versions(letters: readonly Head[]): string {
  const firsts = letters.flatMap(({ first_version }) => (first_version == null ? [] : [first_version]))
  const lasts = letters.flatMap(({ last_version }) => (last_version == null ? [] : [last_version]))
  if (firsts.length === 0 || lasts.length === 0) return ''
  const [first, last] = [Math.min(...firsts), Math.max(...lasts)]
  return first === last ? `version ${first}` : `versions ${first} to ${last}`
}
