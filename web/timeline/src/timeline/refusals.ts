/** What was refused to a cart, and the state it was judged against: these stand between the events. */
import { useEffect, useState } from 'react'
import { ask } from '../api/ask'

export interface Refusal {
  readonly time: string
  readonly command_id: string
  readonly type: string
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  /** Of the cart it was judged on. */
  readonly version: number
  readonly actor: string | null
}

export interface Refusals {
  /** In the order in which they stand on the timeline. */
  readonly all: readonly Refusal[]
  /** Why there are none, where that is not because there were none. */
  readonly error: string | null
}

const NONE: Refusals = { all: [], error: null }
/** Refusals do not come by the stream of events. */
const AGAIN_MS = 10_000

/** Asked anew when events come, and now and then while the cart is live. */
export function useRefusals(cart: string | null, length: number, live: boolean): Refusals {
  const [refusals, setRefusals] = useState(NONE)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new event is a reason to look again.
  useEffect(() => {
    if (cart === null) return
    const control = new AbortController()
    const look = async () => {
      try {
        const { refusals } = await ask<{ refusals: readonly Refusal[] }>(
          `/carts/${encodeURIComponent(cart)}/refusals?limit=100`,
          { signal: control.signal },
        )
        setRefusals((now) => (now.all.length === refusals.length && now.all.length === 0 ? now : ordered(refusals)))
      } catch (thrown) {
        if (control.signal.aborted) return
        setRefusals((now) => ({ ...now, error: thrown instanceof Error ? thrown.message : String(thrown) }))
      }
    }
    void look()
    const again = live ? setInterval(look, AGAIN_MS) : undefined
    return () => {
      control.abort()
      clearInterval(again)
    }
  }, [cart, length, live])
  return refusals
}

/** By the version they were judged on, then by time. */
function ordered(refusals: readonly Refusal[]): Refusals {
  const all = refusals.toSorted((one, other) => one.version - other.version || one.time.localeCompare(other.time))
  return { all, error: null }
}
