/** The present, for ages: it goes on by itself while anybody looks at it. */
import { store, useStore } from '@tillroll/storefront/ui/store'
import { useEffect } from 'react'
import { type Clock, zone } from '../clock/zone'

const now = store(Date.now())
let lookers = 0
let ticking: ReturnType<typeof setInterval> | undefined

/** Moves once a second. */
export function useNow(): number {
  useEffect(() => {
    lookers += 1
    ticking ??= setInterval(() => now.set(Date.now()), 1_000)
    return () => {
      lookers -= 1
      if (lookers > 0) return
      clearInterval(ticking)
      ticking = undefined
    }
  }, [])
  return useStore(now)
}

/** How moments of a live screen are written. */
export function useClock(): Clock {
  return { zone: useStore(zone), now: useNow() }
}
