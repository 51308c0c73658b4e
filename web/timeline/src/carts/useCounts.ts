/** How many carts there are and when they changed, counted by the server. */
import { useWatched } from '../watch/poll'
import type { Histogram } from './wire'

const EVERY_MS = 10_000
const BUCKETS = 90
const DAY_MS = 24 * 3_600_000
/** With fewer bars than that, the day before the newest change is shown, so that there is something to see. */
const BARS_MIN = 12

export function useCounts(): Histogram | null {
  const all = useWatched<Histogram>(`/carts/histogram?buckets=${BUCKETS}`, EVERY_MS).value
  const young = all?.to && all.buckets.length < BARS_MIN ? new Date(Date.parse(all.to) - DAY_MS).toISOString() : null
  const day = useWatched<Histogram>(
    young && `/carts/histogram?buckets=${BUCKETS}&from=${encodeURIComponent(young)}`,
    EVERY_MS,
  ).value
  return young ? day : all
}
