/**
 * Which of many equally high rows are in sight, and where these stand. Nothing here costs more because there are more rows.
 */
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react'

/**
 * Browsers draw nothing behind some 17 to 33 million pixels. Rows that need more than this are scrolled in proportion: the
 * bar leads to every row, and a turn of the wheel goes a little further.
 */
const BODY_PX_MAX = 16_000_000
/** Rows outside of sight on each side: the next step of a key finds its row there. */
const OVERSCAN = 6

interface Rows {
  readonly count: number
  readonly rowHeight: number
  /** Of the headings, which stay in sight above the rows. */
  readonly headHeight: number
  /** Comes into sight when it becomes this one; -1 for none. Who scrolls away from it afterwards is left there. */
  readonly active: number
}

export interface Sight {
  /** Rows to draw; none when the last is before the first. */
  readonly first: number
  readonly last: number
  /** Of what is scrolled, without the headings. */
  readonly bodyHeight: number
  /** Of a row, from the top of the body. */
  topOf(index: number): number
}

/** What is scrolled: how far, and how much of it is seen. */
interface Scrolled {
  readonly top: number
  readonly height: number
}

export function useSight(scroller: RefObject<HTMLElement | null>, rows: Rows): Sight {
  const { count, rowHeight, headHeight, active } = rows
  const scale = Math.max(1, (count * rowHeight) / BODY_PX_MAX)
  /** As it is by now; what is drawn by follows only when that would look otherwise. */
  const exact = useRef<Scrolled>({ top: 0, height: 0 })
  const [drawn, setDrawn] = useState(exact.current)
  const moved = useCallback(
    (now: Scrolled) => {
      exact.current = now
      setDrawn((known) => (known.height === now.height && sameRows(known.top, now.top, rowHeight, scale) ? known : now))
    },
    [rowHeight, scale],
  )
  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const look = () => moved({ top: element.scrollTop, height: element.clientHeight })
    const scrolled = () => moved({ top: element.scrollTop, height: exact.current.height })
    look()
    const resized = new ResizeObserver(look)
    resized.observe(element)
    element.addEventListener('scroll', scrolled, { passive: true })
    return () => {
      resized.disconnect()
      element.removeEventListener('scroll', scrolled)
    }
  }, [scroller, moved])
  // Of fewer rows the browser scrolls less far, and says so only with the next frame.
  useLayoutEffect(() => {
    const { top, height } = exact.current
    const most = Math.max(0, Math.min(count * rowHeight, BODY_PX_MAX) + headHeight - height)
    if (height > 0 && top > most) moved({ top: most, height })
  }, [count, rowHeight, headHeight, moved])

  const all = count * rowHeight
  const bodyHeight = Math.min(all, BODY_PX_MAX)
  const seenOf = ({ height }: Scrolled) => Math.max(0, height - headHeight)
  /** How much of all rows is above what is seen. */
  const offsetOf = (at: Scrolled) =>
    scale === 1 ? at.top : (at.top / Math.max(1, bodyHeight - seenOf(at))) * (all - seenOf(at))
  // Where to scroll is known before the rows are drawn: they are drawn once, and the page is laid out once.
  const due = useRef<number | null>(null)
  const [revealed, setRevealed] = useState({ active: -1, count: 0 })
  if (drawn.height > 0 && (revealed.active !== active || revealed.count !== count)) {
    setRevealed({ active, count })
    const [from, seen] = [offsetOf(exact.current), seenOf(exact.current)]
    const [start, end] = [active * rowHeight, (active + 1) * rowHeight]
    const to = start < from ? start : end > from + seen ? Math.min(start, end - seen) : from
    const asked = revealed.active !== active || revealed.count > count
    if (asked && active >= 0 && active < count && to !== from) {
      due.current = scale === 1 ? to : (to / (all - seen)) * (bodyHeight - seen)
      moved({ top: due.current, height: exact.current.height })
    }
  }
  useLayoutEffect(() => {
    if (due.current !== null && scroller.current) scroller.current.scrollTop = due.current
    due.current = null
  })

  const offset = offsetOf(drawn)
  return {
    first: Math.max(0, Math.floor(offset / rowHeight) - OVERSCAN),
    last: drawn.height === 0 ? -1 : Math.min(count - 1, Math.floor((offset + seenOf(drawn)) / rowHeight) + OVERSCAN),
    bodyHeight,
    topOf: (index) => index * rowHeight + (scale === 1 ? 0 : drawn.top - offset),
  }
}

/** The same rows are drawn in the same places; where they are scrolled in proportion, every pixel moves them. */
function sameRows(one: number, other: number, rowHeight: number, scale: number): boolean {
  return scale > 1 ? one === other : Math.floor(one / rowHeight) === Math.floor(other / rowHeight)
}
