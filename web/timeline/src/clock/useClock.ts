import { useStore } from '@tillroll/storefront/ui/store'
import { useEffect, useMemo, useState } from 'react'
import { type Clock, zone } from './zone'

const TICK_MS = 10_000

/** The chosen zone; relative moments are counted from now, on a page that is looked at for long too. */
export function useClock(newest = Number.NaN): Clock {
  const chosen = useStore(zone)
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (chosen !== 'relative') return
    setNow(Date.now())
    const ticking = setInterval(() => setNow(Date.now()), TICK_MS)
    return () => clearInterval(ticking)
  }, [chosen])
  // Other machines' clocks run ahead: nothing that happened is in the future.
  const from = Number.isNaN(newest) ? now : Math.max(newest, now)
  return useMemo(() => ({ zone: chosen, now: from }), [chosen, from])
}
