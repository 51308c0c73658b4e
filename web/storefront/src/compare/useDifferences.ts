import { useEffect, useRef, useState } from 'react'

/** How wrong a cart has been: the largest difference, and for how long there was one. */
export interface Difference {
  readonly minor: number
  readonly seconds: number
}

const NONE: Difference = { minor: 0, seconds: 0 }
/** How finely time is counted. */
const TICK_MS = 100
/** What is not yet drawn is not yet wrong: the till is asked over the same machine and answers in a few milliseconds. */
const GRACE_MS = 50

/** Counts while the truth is known; while the till counts, nobody can say who is wrong. */
export function useDifferences(
  truth: number | null,
  ours: number,
  hand: number,
): { ours: Difference; hand: Difference } {
  const [sums, setSums] = useState({ ours: NONE, hand: NONE })
  const now = useRef({ truth, ours, hand, since: 0 })
  now.current = { truth, ours, hand, since: performance.now() }
  useEffect(() => {
    const timer = setInterval(() => {
      const { truth, ours, hand, since } = now.current
      if (truth === null || performance.now() - since < GRACE_MS) return
      setSums((before) => {
        const next = { ours: counted(before.ours, ours - truth), hand: counted(before.hand, hand - truth) }
        return next.ours === before.ours && next.hand === before.hand ? before : next
      })
    }, TICK_MS)
    return () => clearInterval(timer)
  }, [])
  return sums
}

function counted(before: Difference, off: number): Difference {
  if (off === 0) return before
  return { minor: Math.max(before.minor, Math.abs(off)), seconds: before.seconds + TICK_MS / 1000 }
}
