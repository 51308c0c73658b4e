/** A field's value from event to event, as steps. The list below says the same in words. */
import 'uplot/dist/uPlot.min.css'
import { formatCount, formatMoney } from '@tillroll/storefront/shared/money'
import { useEffect, useRef } from 'react'
import Plot from 'uplot'
import type { Turn } from '../../history/wire'
import { useWidth } from '../../ui/useWidth'
import { usePalette } from '../band/palette'
import styles from './Inspector.module.css'

interface LifeChartProps {
  readonly turns: readonly Turn[]
  readonly length: number
  readonly version: number
  /** Values are amounts of this currency; undefined: they are none. */
  readonly money: string | null | undefined
}

const HEIGHT_PX = 140

export default function LifeChart({ turns, length, version, money }: LifeChartProps) {
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | null>(null)
  const here = useRef(version)
  here.current = version
  const width = useWidth(frame)
  const palette = usePalette(frame)
  useEffect(() => {
    const element = frame.current
    if (!element || !palette || width === 0) return
    const value = (of: number) => (money === undefined ? formatCount(of) : formatMoney(of, money))
    const axis = {
      stroke: palette.faint,
      grid: { stroke: palette.line, width: 1 },
      ticks: { show: false },
      font: `11px ${palette.font}`,
    }
    const made = new Plot(
      {
        width,
        height: HEIGHT_PX,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 8, 0, 0],
        scales: { x: { time: false, range: [0, Math.max(1, length)] } },
        axes: [
          {
            ...axis,
            size: 22,
            values: (_, splits) => splits.map((of) => (Number.isInteger(of) ? formatCount(of) : '')),
          },
          { ...axis, size: 62, values: (_, splits) => splits.map(value) },
        ],
        series: [
          {},
          {
            stroke: palette.lanes.shopper,
            width: 1.5,
            points: { show: false },
            ...(Plot.paths.stepped ? { paths: Plot.paths.stepped({ align: 1 }) } : {}),
          },
        ],
        hooks: {
          draw: [
            ({ ctx, valToPos, bbox }) => {
              const x = Math.round(valToPos(here.current, 'x', true))
              ctx.fillStyle = palette.ink
              ctx.fillRect(x, bbox.top, devicePixelRatio, bbox.height)
            },
          ],
        },
      },
      pointsOf(turns, length),
      element,
    )
    plot.current = made
    return () => made.destroy()
  }, [turns, length, money, width, palette])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the line is where one is.
  useEffect(() => plot.current?.redraw(false), [version])
  return <div ref={frame} className={styles.chart} aria-hidden="true" />
}

/** From the first to the last event; nothing stands where there was nothing. */
function pointsOf(turns: readonly Turn[], length: number): Plot.AlignedData {
  const xs = turns.map(({ version }) => version)
  const ys = turns.map(({ to }) => (typeof to === 'number' ? to : null))
  if (xs.at(-1) !== length) {
    xs.push(length)
    ys.push(ys.at(-1) ?? null)
  }
  return [xs, ys]
}
