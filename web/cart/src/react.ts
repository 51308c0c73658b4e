/** `@tillroll/cart/react`: a cart in React. No provider: hand the cart down, or put it into a context of your own. */

import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import type { Cart, Snapshot } from './types.js'

/**
 * All of the cart; renders again whenever anything in it changes. While it hydrates it is what `initial` says.
 *
 * @example
 * ```tsx
 * const { lines, totals, attention } = useCart(cart)
 * ```
 */
export function useCart(cart: Cart): Snapshot {
  return useSyncExternalStore(cart.subscribe, cart.getSnapshot, cart.getServerSnapshot)
}

/**
 * A part of the cart; renders again only when that changes. Parts of a snapshot keep their identity, so selecting one
 * (`(cart) => cart.totals`) needs no `isEqual`; a selector that makes a new value each time does.
 *
 * @example
 * ```tsx
 * const pieces = useCartSelector(cart, ({ totals }) => totals.pieces)
 * ```
 */
export function useCartSelector<Selected>(
  cart: Cart,
  select: (snapshot: Snapshot) => Selected,
  isEqual: (before: Selected, after: Selected) => boolean = Object.is,
): Selected {
  const shown = useRef<{ readonly selected: Selected } | null>(null)
  const [now, onServer] = useMemo(() => {
    let from: Snapshot | null = null
    let last = shown.current
    const selectFrom = (snapshot: Snapshot): Selected => {
      if (from !== snapshot || !last) {
        const selected = select(snapshot)
        last = last && isEqual(last.selected, selected) ? last : { selected }
        from = snapshot
      }
      return last.selected
    }
    return [() => selectFrom(cart.getSnapshot()), () => selectFrom(cart.getServerSnapshot())]
  }, [cart, select, isEqual])
  const selected = useSyncExternalStore(cart.subscribe, now, onServer)
  useEffect(() => {
    shown.current = { selected }
  }, [selected])
  return selected
}
