/** What may be wider than the window: it scrolls by itself, by keys too. */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import tables from './tables.module.css'

export function Scroller({ children }: { readonly children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const [wider, setWider] = useState(false)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const resized = new ResizeObserver(() => setWider(element.scrollWidth > element.clientWidth))
    resized.observe(element)
    for (const child of element.children) resized.observe(child)
    return () => resized.disconnect()
  }, [])
  return (
    <div ref={box} className={tables.scroller} tabIndex={wider ? 0 : undefined}>
      {children}
    </div>
  )
}
