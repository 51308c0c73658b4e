/** How many events of each lane stand in each column of pixels. */
import { LANE_OF_NUMBER, LANES, type Lane } from '../../history/kinds'
import type { Axis } from './axis'

export interface Density {
  readonly columns: number
  /** By lane, then by column. */
  readonly counts: readonly Uint32Array[]
  /** Of them, those that do not pass the filter. */
  readonly dimmed: readonly Uint32Array[]
  /** The most that one column has over all lanes. */
  readonly most: number
}

interface Counted {
  readonly axis: Axis
  readonly kinds: Uint8Array
  /** The newest version whose kind is known. */
  readonly known: number
  readonly passing: Uint32Array | null
  /** Versions that refused commands were judged on, and whether they pass. */
  readonly refusals: readonly { readonly version: number; readonly passes: boolean }[]
}

const REFUSED = LANES.indexOf('refused' satisfies Lane)

/** Counts what stands between two places of the axis. */
export function densityOf(of: Counted, from: number, to: number, columns: number): Density {
  const { axis, kinds, known, passing, refusals } = of
  const counts = LANES.map(() => new Uint32Array(columns))
  const dimmed = LANES.map(() => new Uint32Array(columns))
  const scale = columns / Math.max(1e-12, to - from)
  const column = (x: number) => Math.min(columns - 1, Math.max(0, Math.floor((x - from) * scale)))
  const first = Math.max(1, axis.versionAt(from))
  const last = Math.min(known, axis.versionAt(to) + 1)
  let next = passing ? firstAtLeast(passing, first) : 0
  for (let version = first; version <= last; version += 1) {
    const x = axis.xOf(version)
    let passes = true
    if (passing) {
      while (next < passing.length && (passing[next] ?? 0) < version) next += 1
      passes = passing[next] === version
    }
    if (x < from || x > to) continue
    const lane = LANE_OF_NUMBER[kinds[version - 1] ?? 255] ?? 0
    const at = column(x)
    add(passes ? counts[lane] : dimmed[lane], at)
  }
  for (const { version, passes } of refusals) {
    const x = axis.xOf(version)
    if (x >= from && x <= to) add(passes ? counts[REFUSED] : dimmed[REFUSED], column(x))
  }
  return { columns, counts, dimmed, most: mostOf([...counts, ...dimmed], columns) }
}

function add(to: Uint32Array | undefined, at: number): void {
  if (to) to[at] = (to[at] ?? 0) + 1
}

function mostOf(all: readonly Uint32Array[], columns: number): number {
  let most = 0
  for (let at = 0; at < columns; at += 1) {
    let sum = 0
    for (const counts of all) sum += counts[at] ?? 0
    most = Math.max(most, sum)
  }
  return most
}

function firstAtLeast(sorted: Uint32Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
