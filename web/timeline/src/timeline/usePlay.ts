/** Plays a life: so many events a second, or as fast as it went with the gaps cut. */
import { useEffect, useRef, useState } from 'react'
import type { Model } from './model'

/** Events a second; `real` is as it happened. */
export const SPEEDS = ['0.5', '1', '2', '4', '8', '16', 'real'] as const
export type Speed = (typeof SPEEDS)[number]

/** In real time nobody waits longer than that. */
const GAP_MS_MAX = 2_000
const STEP_MS_MIN = 1_000 / 60
/** Faster than this, nothing is said to a screen reader. */
export const SPOKEN_EVENTS_A_SECOND_MAX = 1

export function usePlay(model: Model) {
  const [playing, setPlaying] = useState(false)
  const [speed, setSpeed] = useState<Speed>('2')
  const newest = useRef(model)
  newest.current = model
  const atEnd = model.place >= model.places.count - 1
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step waits for the one before it.
  useEffect(() => {
    if (!playing) return
    const now = newest.current
    if (atEnd) return setPlaying(false)
    const waiting = setTimeout(() => newest.current.goPlace(newest.current.place + 1), pauseBefore(now, speed))
    return () => clearTimeout(waiting)
  }, [playing, speed, model.place, atEnd])
  const toggle = () => {
    // From the end it begins anew.
    if (!playing && atEnd) model.goPlace(-1)
    setPlaying(!playing)
  }
  return { playing, toggle, speed, setSpeed }
}

function pauseBefore({ history, places, place }: Model, speed: Speed): number {
  if (speed !== 'real') return 1_000 / Number(speed)
  const gap = history.timeOf(places.versionAt(place + 1)) - history.timeOf(places.versionAt(place))
  return Number.isNaN(gap) ? GAP_MS_MAX / 4 : Math.min(GAP_MS_MAX, Math.max(STEP_MS_MIN, gap))
}
