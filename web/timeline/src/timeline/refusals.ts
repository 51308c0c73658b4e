/** What was refused to a cart, and the state it was judged against: these stand between the events. */
import { isRefusalCode, refusalInWords, type ShownRefusal } from '@tillroll/storefront/shared/refusals'
import { useEffect, useState } from 'react'
import { ask } from '../api/ask'
import type { ClientRecord } from '../files/notes'

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
        setRefusals((now) => (sameAs(now, refusals) ? now : ordered(refusals)))
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

/** A refusal does not change once it is written, but the same command may be refused again. */
function sameAs(now: Refusals, refusals: readonly Refusal[]): boolean {
  if (now.error !== null || now.all.length !== refusals.length) return false
  const known = new Set(now.all.map(keyOf))
  return refusals.every((one) => known.has(keyOf(one)))
}

function keyOf({ command_id, time }: Refusal): string {
  return `${command_id} ${time}`
}

/** By the version they were judged on, then by time. */
function ordered(refusals: readonly Refusal[]): Refusals {
  const all = refusals.toSorted((one, other) => one.version - other.version || one.time.localeCompare(other.time))
  return { all, error: null }
}

/** Those that a client kept, where there is no server to ask. */
export function refusalsIn(records: readonly ClientRecord[]): Refusals {
  return ordered(
    records
      .filter(({ status }) => status === 'refused')
      .map(({ command_id, type, at = '', code = 'other', details, version }) => ({
        time: at,
        command_id,
        type,
        code,
        message: refusalInWords(refusalOf(code, details), { currency: null, nameOf: (sku) => sku }),
        details: typeof details === 'object' && details !== null ? (details as Refusal['details']) : {},
        version,
        actor: null,
      })),
  )
}

/** Only the words are made of it, and these leave out what is not as they expect. */
export function refusalOf(code: string, details: unknown): ShownRefusal {
  return (isRefusalCode(code) ? { code, details } : { code: 'other', said: code, details }) as ShownRefusal
}
