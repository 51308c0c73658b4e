/** Geometry of the histogram, and what a selection on it means; no drawing. */
import type { Histogram } from './wire'

export interface Bar {
  readonly from: number
  readonly to: number
  readonly open: number
  readonly closed: number
}

/** Bars from the oldest to the newest, all of the width that the server chose. */
export function bars({ buckets, bucket_ms }: Histogram): readonly Bar[] {
  return buckets.map(({ from, open, closed }) => {
    const at = Date.parse(from)
    return { from: at, to: at + bucket_ms, open, closed }
  })
}

/** The bars that a stretch of time touches, as indices; null when it is all of them or none. */
export function selected(
  all: readonly Bar[],
  from: number | null,
  to: number | null,
): readonly [number, number] | null {
  if (from === null && to === null) return null
  const first = all.findIndex((bar) => from === null || bar.to > from)
  const last = all.findLastIndex((bar) => to === null || bar.from < to)
  return first < 0 || last < first ? null : [first, last]
}

/** The stretch of time of these bars; open at an end that is not narrowed. */
export function stretch(all: readonly Bar[], one: number, other: number): { from: number | null; to: number | null } {
  const [first, last] = [Math.max(0, Math.min(one, other)), Math.min(all.length - 1, Math.max(one, other))]
  return {
    from: first === 0 ? null : (all[first]?.from ?? null),
    to: last === all.length - 1 ? null : (all[last]?.to ?? null),
  }
}

/** How many carts a bar of full height stands for: 1, 2 or 5 times a power of ten. */
export function top(all: readonly Bar[]): number {
  const most = Math.max(1, ...all.map(({ open, closed }) => open + closed))
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most) ?? most
}
