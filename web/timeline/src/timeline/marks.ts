/** What is remarkable about where an event stands: out of order, at the same instant as others, first under other rules. */
import type { Known } from '../history/history'

/** The event says that it happened before the one it follows. */
export function isDisordered(times: Float64Array, version: number): boolean {
  const [before, at] = [times[version - 2] ?? Number.NaN, times[version - 1] ?? Number.NaN]
  return version > 1 && at < before
}

/** Versions from which on other rules wrote the events; the first one is no change. */
export function ruleChanges({ reducers }: Pick<Known, 'reducers'>): readonly Known['reducers'][number][] {
  return reducers.slice(1)
}

/** The last version that happened at a time or before it; the newest clock wins where clocks are out of order. */
export function versionAtTime(times: Float64Array, length: number, at: number): number {
  let found = 0
  for (let version = 1; version <= length; version += 1) if ((times[version - 1] ?? Number.NaN) <= at) found = version
  return found
}
