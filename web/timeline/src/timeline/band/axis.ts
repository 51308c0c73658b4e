/** Where each version stands between left (0) and right (1): in equal steps, or by time with long gaps folded. */

/** A stretch without events that is drawn shorter than it was. */
export interface Fold {
  /** Of the first event behind it. */
  readonly version: number
  readonly ms: number
  readonly from: number
  readonly to: number
}

export interface Axis {
  /** The newest version that there is, here or not. */
  readonly length: number
  readonly folds: readonly Fold[]
  /** Where a version stands; version 0 is the left end. */
  xOf(version: number): number
  /** The last version that stands at a place or left of it. */
  versionAt(x: number): number
}

export function bySequence(length: number): Axis {
  const steps = Math.max(1, length)
  return {
    length,
    folds: [],
    xOf: (version) => Math.min(1, Math.max(0, version / steps)),
    versionAt: (x) => Math.min(length, Math.max(0, Math.round(x * steps))),
  }
}

/** A gap is folded when it is longer than this part of all the time in which something happened. */
const GAP_PART = 0.12
/** A folded gap takes this part of the width; all together at most `FOLDS_WIDTH`. */
const FOLD_WIDTH = 0.035
const FOLDS_WIDTH = 0.5
/** Shorter gaps are never folded. */
const GAP_MS_MIN = 30_000
const FOLDS_MAX = 12
/** Each event takes a little room, so that those of one instant can be told apart. */
const STEP_PART = 0.15

/**
 * By time. Clocks are not always in order, versions are: an event that says it came before the one it follows stands with
 * that one. Events without a time stand with the one before.
 */
export function byTime(times: Float64Array, known: number, length: number): Axis {
  const gaps = gapsOf(times, known)
  const folded = foldedGaps(gaps)
  const foldWidth = folded.size === 0 ? 0 : Math.min(FOLD_WIDTH, FOLDS_WIDTH / folded.size)
  let running = 0
  for (let nth = 0; nth < known; nth += 1) if (!folded.has(nth + 1)) running += gaps[nth] ?? 0
  const room = 1 - foldWidth * folded.size
  const step = (STEP_PART * room) / Math.max(1, length)
  const scale = running > 0 ? (room * (1 - STEP_PART)) / running : 0
  const evenly = running > 0 ? step : room / Math.max(1, length)
  const xs = new Float64Array(length + 1)
  const folds: Fold[] = []
  let x = 0
  for (let version = 1; version <= length; version += 1) {
    const gap = version <= known ? (gaps[version - 1] ?? 0) : 0
    if (folded.has(version)) {
      folds.push({ version, ms: gap, from: x, to: x + foldWidth })
      x += foldWidth
    } else {
      x += gap * scale
    }
    x += evenly
    xs[version] = Math.min(1, x)
  }
  return {
    length,
    folds,
    xOf: (version) => xs[Math.min(length, Math.max(0, version))] ?? 0,
    versionAt: (at) => lastNotBehind(xs, at),
  }
}

/** The time before each version. */
function gapsOf(times: Float64Array, known: number): Float64Array {
  const gaps = new Float64Array(known)
  let newest = Number.NaN
  for (let nth = 0; nth < known; nth += 1) {
    const time = times[nth] ?? Number.NaN
    if (Number.isNaN(time)) continue
    if (time > newest) gaps[nth] = time - newest
    if (Number.isNaN(newest) || time > newest) newest = time
  }
  return gaps
}

/** Versions before which a gap is folded: the longest ones, each compared with what is left beside it. */
function foldedGaps(gaps: Float64Array): ReadonlySet<number> {
  const long: number[] = []
  let all = 0
  for (let nth = 0; nth < gaps.length; nth += 1) {
    const gap = gaps[nth] ?? 0
    all += gap
    if (gap < GAP_MS_MIN) continue
    long.push(nth + 1)
    if (long.length > FOLDS_MAX * 8) {
      long.sort((one, other) => (gaps[other - 1] ?? 0) - (gaps[one - 1] ?? 0))
      long.length = FOLDS_MAX
    }
  }
  long.sort((one, other) => (gaps[other - 1] ?? 0) - (gaps[one - 1] ?? 0))
  const folded = new Set<number>()
  for (const version of long.slice(0, FOLDS_MAX)) {
    const gap = gaps[version - 1] ?? 0
    if (gap < GAP_PART * all) break
    folded.add(version)
    all -= gap
  }
  return folded
}

function lastNotBehind(xs: Float64Array, x: number): number {
  let [low, high] = [0, xs.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((xs[middle] ?? 0) <= x + 1e-12) low = middle
    else high = middle - 1
  }
  return low
}
