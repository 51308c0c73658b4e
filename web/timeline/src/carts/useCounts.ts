/** How many carts there are and when they changed, counted by the server: of those that are asked for, whatever the time. */
import { useRef } from 'react'
import { useWatched } from '../watch/poll'
import { type Wanted, words } from './wanted'
import type { Histogram } from './wire'

const EVERY_MS = 10_000
const BUCKETS = 90
const DAY_MS = 24 * 3_600_000
/** With fewer bars than that, the day before the newest change is shown, so that there is something to see. */
const BARS_MIN = 12

export function useCounts(wanted: Wanted): Histogram | null {
  const query = new URLSearchParams({ buckets: String(BUCKETS) })
  // The time is what is chosen from here.
  const { q, status, flag } = words(wanted)
  for (const [name, word] of Object.entries({ q, status, flag })) if (word !== null) query.set(name, word)
  const all = useWatched<Histogram>(`/carts/histogram?${query}`, EVERY_MS).value
  const young = all?.to && all.buckets.length < BARS_MIN ? new Date(Date.parse(all.to) - DAY_MS).toISOString() : null
  const day = useWatched<Histogram>(
    young && `/carts/histogram?${query}&from=${encodeURIComponent(young)}`,
    EVERY_MS,
  ).value
  const counts = young ? day : all
  // Until another search is counted, what was counted before keeps its place.
  const last = useRef(counts)
  if (counts) last.current = counts
  return counts ?? last.current
}
