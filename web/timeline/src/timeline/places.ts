/**
 * The one order of everything that can be stood on: events by version, each refused command behind the event it was judged
 * on. List, slider and keys all count these places, so they cannot disagree.
 */
import type { Refusal } from './refusals'

export type Place =
  | { readonly is: 'event'; readonly version: number }
  | { readonly is: 'refusal'; readonly version: number; readonly refusal: Refusal }

export class Places {
  readonly #refusals: readonly Refusal[]
  /** A version, or less than zero: the refusal of that number, counted from -1. Null: all events, and nothing between. */
  readonly #order: Int32Array | null
  readonly count: number

  /** `passing`: versions that pass the filter, in order; null for all. The refusals are those that pass, in order. */
  constructor(length: number, passing: Uint32Array | null, refusals: readonly Refusal[]) {
    this.#refusals = refusals
    this.#order = passing === null && refusals.length === 0 ? null : order(length, passing, refusals)
    this.count = this.#order?.length ?? length
  }

  at(index: number): Place | undefined {
    if (index < 0 || index >= this.count) return undefined
    const item = this.#order === null ? index + 1 : (this.#order[index] ?? 0)
    if (item > 0) return { is: 'event', version: item }
    const refusal = this.#refusals[-item - 1]
    return refusal && { is: 'refusal', version: refusal.version, refusal }
  }

  /** The version in a place, or the one a refusal was judged on; 0 before the first. */
  versionAt(index: number): number {
    return this.at(index)?.version ?? 0
  }

  /** The last place that is not behind an event, or behind a refusal where one is named; -1 before the first. */
  indexOf(version: number, refusal: string | null = null): number {
    if (this.#order === null) return Math.min(version, this.count) - 1
    let [low, high] = [-1, this.count - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#key(middle) <= version) low = middle
      else high = middle - 1
    }
    if (refusal === null) return low
    for (let next = low + 1; next < this.count && this.versionAt(next) === version; next += 1) {
      const place = this.at(next)
      if (place?.is === 'refusal' && place.refusal.command_id === refusal) return next
    }
    return low
  }

  /** The nearest place of a refusal behind or before another place. */
  nextRefusal(from: number): number | null {
    const [ahead, wrapped] = [this.#refusalIn(from + 1, this.count), this.#refusalIn(0, from)]
    return ahead ?? wrapped
  }

  #refusalIn(first: number, end: number): number | null {
    if (this.#order === null) return null
    for (let index = first; index < end; index += 1) if ((this.#order[index] ?? 1) < 0) return index
    return null
  }

  /** Refusals stand behind their event and before the next. */
  #key(index: number): number {
    const item = this.#order?.[index] ?? 0
    return item > 0 ? item : (this.#refusals[-item - 1]?.version ?? 0) + 0.5
  }
}

function order(length: number, passing: Uint32Array | null, refusals: readonly Refusal[]): Int32Array {
  const events = passing?.length ?? length
  const made = new Int32Array(events + refusals.length)
  let [at, nth] = [0, 0]
  const refusalsBefore = (version: number) => {
    while (nth < refusals.length && (refusals[nth]?.version ?? 0) < version) {
      nth += 1
      made[at++] = -nth
    }
  }
  for (let index = 0; index < events; index += 1) {
    const version = passing?.[index] ?? index + 1
    refusalsBefore(version)
    made[at++] = version
  }
  refusalsBefore(Number.POSITIVE_INFINITY)
  return made
}
