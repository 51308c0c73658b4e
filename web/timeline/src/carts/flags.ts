/** What is remarkable about the carts in sight that the directory does not say: refused commands, dead letters. */
import { store, useStore } from '@tillroll/storefront/ui/store'
import { useEffect, useMemo } from 'react'
import { ask } from '../api/ask'
import { useWatched } from '../watch/poll'
import type { Listed } from './wire'

/** Carts of which this is remembered; then it begins anew. */
const REMEMBERED_MAX = 2_000
/** Rows that rush by are not asked for. */
const RESTS_MS = 250
const AT_ONCE = 4
const LETTERS_EVERY_MS = 30_000
/** The most that the server says of dead letters in one answer. */
const LETTERS_PAGE = 100

/** How many commands were refused lately, by cart and version. */
const refused = store<ReadonlyMap<string, number>>(new Map())

const keyOf = ({ cart_id, version }: Listed) => `${cart_id}@${version}`

/** Refused commands of the carts in sight, as far as they are known: up to 100 each, of 30 days. */
export function useRefused(inSight: readonly Listed[]): (cart: Listed) => number {
  const known = useStore(refused)
  const unknown = inSight.filter((cart) => !known.has(keyOf(cart)))
  const names = unknown.map(keyOf).join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names say which carts they are.
  useEffect(() => {
    if (names === '') return
    const gone = new AbortController()
    const rests = setTimeout(async () => {
      const queue = [...unknown]
      const one = async () => {
        for (let cart = queue.shift(); cart && !gone.signal.aborted; cart = queue.shift())
          await learn(cart, gone.signal)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, one))
    }, RESTS_MS)
    return () => {
      clearTimeout(rests)
      gone.abort()
    }
  }, [names])
  return (cart) => known.get(keyOf(cart)) ?? 0
}

async function learn(cart: Listed, signal: AbortSignal): Promise<void> {
  let count = 0
  try {
    const { refusals } = await ask<{ refusals: readonly unknown[] }>(`/carts/${cart.cart_id}/refusals`, { signal })
    count = refusals.length
  } catch {
    if (signal.aborted) return
    // A flag that is not known is not shown; the cart's own screen says why.
  }
  const known = refused.get()
  refused.set(new Map([...(known.size < REMEMBERED_MAX ? known : []), [keyOf(cart), count]]))
}

/** What the newest verification found of each cart: something is missing somewhere, or is not as in the event table. */
export type Verdict = { readonly gap: boolean; readonly differs: boolean }

interface Verified {
  readonly findings?: readonly { readonly cart?: string; readonly kind: string }[]
}

/** Of the first thousand findings; none before anything was verified. */
export function useVerdicts(): ReadonlyMap<string, Verdict> {
  const { value } = useWatched<Verified>('/verify', LETTERS_EVERY_MS)
  return useMemo(() => {
    const verdicts = new Map<string, Verdict>()
    for (const { cart, kind } of value?.findings ?? []) {
      if (cart === undefined) continue
      const known = verdicts.get(cart)
      const gap = kind === 'missing'
      verdicts.set(cart, { gap: gap || known?.gap === true, differs: !gap || known?.differs === true })
    }
    return verdicts
  }, [value])
}

interface LetterPage {
  readonly dead_letters: readonly { readonly cart_ids?: readonly string[] }[]
}

/** Carts that a dead letter names: ten of each of the oldest hundred letters. */
export function useDeadLetterCarts(): ReadonlySet<string> {
  const { value } = useWatched<LetterPage>(`/dead-letters?limit=${LETTERS_PAGE}`, LETTERS_EVERY_MS)
  return useMemo(() => new Set(value?.dead_letters.flatMap(({ cart_ids }) => cart_ids ?? [])), [value])
}
