/**
 * What may be wider than the window: it scrolls by itself, by keys too. In a narrow window the rows of its table stand as
 * blocks instead (tables.module.css), and each cell says of which column it is.
 */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import tables from './tables.module.css'

export function Scroller({ children }: { readonly children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const [wider, setWider] = useState(false)
  useEffect(() => {
    const element = box.current
    if (!element) return
    nameCells(element)
    const resized = new ResizeObserver(() => setWider(element.scrollWidth > element.clientWidth))
    resized.observe(element)
    for (const child of element.children) resized.observe(child)
    const grown = new MutationObserver(() => nameCells(element))
    grown.observe(element, { childList: true, subtree: true })
    return () => {
      resized.disconnect()
      grown.disconnect()
    }
  }, [])
  return (
    <div ref={box} className={tables.scroller} tabIndex={wider ? 0 : undefined}>
      {children}
    </div>
  )
}

/** Style sheets read the word from the cell. */
function nameCells(within: Element): void {
  const names = [...within.querySelectorAll('thead th')].map(
    ({ textContent: word }) => word.charAt(0).toUpperCase() + word.slice(1),
  )
  for (const row of within.querySelectorAll('tbody tr')) {
    for (const [nth, cell] of [...row.children].entries()) {
      if (cell.tagName === 'TD') cell.setAttribute('data-column', names[nth] ?? '')
    }
  }
}
