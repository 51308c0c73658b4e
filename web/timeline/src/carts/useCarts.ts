/** The list: page after page as somebody scrolls, its beginning kept fresh. */
import { useCallback, useEffect, useRef, useState } from 'react'
import type { AskError } from '../api/ask'
import { ask } from '../api/ask'
import { asError, useWatched } from '../watch/poll'
import { asked, type Wanted } from './wanted'
import { type CartPage, changedAt, type Listed } from './wire'

const PAGE = 100
const FRESH_EVERY_MS = 5_000
/** Carts that are kept; who wants to see more asks for something narrower. */
export const KEPT_MAX = 20_000

export interface Found {
  readonly carts: readonly Listed[]
  /** Asks for the next page; null at the end. */
  readonly cursor: string | null
}

const NOTHING: Found = { carts: [], cursor: null }

export type List = ReturnType<typeof useCarts>

/** The list with a fresh beginning: what moved to the top is there once, what does not fit any more has gone. */
export function refreshed(known: Found, page: CartPage): Found {
  if (page.cursor === null || known.carts.length === 0) return page
  const last = page.carts.at(-1)
  if (!last) return known
  const fresh = new Set(page.carts.map(({ cart_id }) => cart_id))
  const older = known.carts.filter((cart) => !fresh.has(cart.cart_id) && changedAt(cart) <= changedAt(last))
  return older.length === 0 ? page : { carts: [...page.carts, ...older], cursor: known.cursor }
}

export function useCarts(wanted: Wanted) {
  const path = asked(wanted, PAGE, null)
  const [list, setList] = useState<{ readonly path: string; readonly found: Found }>({ path, found: NOTHING })
  const [failed, setFailed] = useState<AskError | null>(null)
  const [loading, setLoading] = useState(false)
  // Whether the rest comes by itself as somebody scrolls. What is rare does not: each page of it is a search.
  const [plenty, setPlenty] = useState(true)
  const current = useRef(path)
  current.current = path
  const heard = useCallback(
    (page: CartPage) =>
      setList((known) => ({ path, found: refreshed(known.path === path ? known.found : NOTHING, page) })),
    [path],
  )
  const first = useWatched<CartPage>(path, FRESH_EVERY_MS, heard)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question has failed at nothing yet.
  useEffect(() => {
    setFailed(null)
    setPlenty(true)
  }, [path])
  const found = list.path === path ? list.found : NOTHING
  const { cursor } = found
  const more = async () => {
    if (cursor === null || loading || found.carts.length >= KEPT_MAX) return
    setLoading(true)
    try {
      const page = await ask<CartPage>(asked(wanted, PAGE, cursor))
      if (current.current !== path) return
      const known = new Set(found.carts.map(({ cart_id }) => cart_id))
      const next = page.carts.filter(({ cart_id }) => !known.has(cart_id))
      setFailed(null)
      setPlenty(page.carts.length >= PAGE)
      setList({ path, found: { carts: [...found.carts, ...next], cursor: page.cursor } })
    } catch (thrown) {
      setFailed(asError(thrown))
    } finally {
      setLoading(false)
    }
  }
  const goesOn = plenty && failed === null && found.carts.length >= PAGE
  return { first, found, loading, failed, more, goesOn }
}
