import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react'

/**
 * Keeps the focus near when what had it went away: a button that became a field, a line that was removed. The focus goes
 * to what `[data-next-focus]` names inside, or else to the container itself, which then needs a `tabIndex`.
 */
export function useFocusKept(container: RefObject<HTMLElement | null>): void {
  const inside = useRef(false)
  useEffect(() => {
    const element = container.current
    if (!element) return
    const entered = () => {
      inside.current = true
    }
    // Leaving for somewhere else counts; going away with its element, or with the window, does not.
    const left = ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget instanceof Node && !element.contains(relatedTarget)) inside.current = false
    }
    const pointed = ({ target }: PointerEvent) => {
      if (target instanceof Node && !element.contains(target)) inside.current = false
    }
    element.addEventListener('focusin', entered)
    element.addEventListener('focusout', left)
    addEventListener('pointerdown', pointed, true)
    return () => {
      element.removeEventListener('focusin', entered)
      element.removeEventListener('focusout', left)
      removeEventListener('pointerdown', pointed, true)
    }
  }, [container])
  useLayoutEffect(() => {
    if (!inside.current || document.activeElement !== document.body) return
    const element = container.current
    const next = element?.querySelector<HTMLElement>('[data-next-focus]') ?? element
    next?.focus({ preventScroll: true })
  })
}
