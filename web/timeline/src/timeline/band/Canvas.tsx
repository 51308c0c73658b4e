import { useLayoutEffect, useRef } from 'react'

interface CanvasProps {
  readonly width: number
  readonly height: number
  readonly className?: string | undefined
  /** Drawn anew when this is another function. */
  readonly draw: ((context: CanvasRenderingContext2D) => void) | null
}

/** A canvas as sharp as the screen, in CSS pixels. What is on it is for eyes alone. */
export function Canvas({ width, height, className, draw }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context || !draw || width === 0) return
    const ratio = devicePixelRatio || 1
    element.width = Math.round(width * ratio)
    element.height = Math.round(height * ratio)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    draw(context)
  }, [width, height, draw])
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it cannot have the focus.
  return <canvas ref={canvas} className={className} style={{ width, height }} aria-hidden="true" />
}
