/** `@tillroll/cart/react`: a cart in React. No provider: hand the cart down, or put it into a context of your own. */

import { useCallback, useRef, useSyncExternalStore } from 'react'
import type { Cart, Snapshot } from './types.js'

/** All of the cart; renders again whenever anything in it changes. */
export function useCart(cart: Cart): Snapshot {
  return useSyncExternalStore(cart.subscribe, cart.getSnapshot, cart.getServerSnapshot)
}

/**
 * A part of the cart; renders again only when that changes. Parts of a snapshot keep their identity, so selecting one
 * (`(cart) => cart.totals`) needs no `isEqual`; a selector that makes a new value each time does.
 */
export function useCartSelector<Selected>(
  cart: Cart,
  select: (snapshot: Snapshot) => Selected,
  isEqual: (before: Selected, after: Selected) => boolean = Object.is,
): Selected {
  const last = useRef<{ snapshot: Snapshot; select: unknown; selected: Selected } | null>(null)
  const selectFrom = (snapshot: Snapshot): Selected => {
    const known = last.current
    if (known?.snapshot === snapshot && known.select === select) return known.selected
    const selected = select(snapshot)
    const kept = known && isEqual(known.selected, selected) ? known.selected : selected
    last.current = { snapshot, select, selected: kept }
    return kept
  }
  // The newest selector counts, and a new one is no new subscription.
  const from = useRef(selectFrom)
  from.current = selectFrom
  const now = useCallback(() => from.current(cart.getSnapshot()), [cart])
  const onServer = useCallback(() => from.current(cart.getServerSnapshot()), [cart])
  return useSyncExternalStore(cart.subscribe, now, onServer)
}
