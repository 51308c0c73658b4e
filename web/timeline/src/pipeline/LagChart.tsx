/** Lag over the last hour or day. */
import { useStore } from '@tillroll/storefront/ui/store'
import { theme } from '@tillroll/storefront/ui/theme'
import { useMedia } from '@tillroll/storefront/ui/useMedia'
import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { duration, timeOfDay, zone } from '../clock/zone'
import { oneOf, useWord } from '../url/word'
import { Part } from '../watch/Screen'
import type { Stage } from '../watch/wire'
import { columns, DAY_MS, history } from './history'
import styles from './LagChart.module.css'

const HEIGHT_PX = 200
const HOUR_S = 3_600
const SHOWN_S_MIN = 300
/** Steps of the axes that people read easily, in seconds. */
const MINUTES_S = [60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600] as const
const SPANS_S = [0.1, 0.25, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800, 43_200, 86_400] as const
const AS = oneOf('time', 'count')
const OVER = oneOf('hour', 'day')
type Over = 'hour' | 'day'

export function LagChart({ stages }: { readonly stages: readonly Stage[] }) {
  const [as, setAs] = useWord('lag', AS, 'time')
  const [over, setOver] = useWord('over', OVER, 'hour')
  const told = useStore(history).some(({ spanMs }) => spanMs !== undefined)
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const names = stages.map(({ name }) => name)
  const toggle = (name: string) => {
    const next = new Set(hidden)
    if (!next.delete(name)) next.add(name)
    setHidden(next)
  }
  return (
    <Part
      title={`Lag over the last ${over}`}
      said={
        told
          ? 'The worst of each minute, before the last hour of each quarter of an hour; kept since the system was started.'
          : 'As far as this page has seen it; it is kept here alone.'
      }
      actions={
        <>
          <select
            aria-label="Lag over"
            className={styles.as}
            value={over}
            onChange={({ target }) => setOver(target.value === 'day' ? 'day' : 'hour')}
          >
            <option value="hour">last hour</option>
            <option value="day">last day</option>
          </select>
          <select
            aria-label="Lag as"
            className={styles.as}
            value={as}
            onChange={({ target }) => setAs(target.value === 'count' ? 'count' : 'time')}
          >
            <option value="time">as time</option>
            <option value="count">as count</option>
          </select>
        </>
      }
    >
      <ul className={styles.legend}>
        {names.map((name, nth) => (
          <li key={name}>
            <button type="button" aria-pressed={!hidden.has(name)} onClick={() => toggle(name)}>
              <i data-line={nth} /> {name}
            </button>
          </li>
        ))}
      </ul>
      <Lines names={names} hidden={hidden} as={as} over={over} worst={worst(stages)} />
    </Part>
  )
}

function worst(stages: readonly Stage[]): string {
  const most = stages.reduce<Stage | null>(
    (worst, stage) => (stage.lag_ms > (worst?.lag_ms ?? 0) ? stage : worst),
    null,
  )
  return most ? `${most.name} is furthest behind: ${duration(most.lag_ms)}` : 'nothing waits anywhere'
}

interface LinesProps {
  readonly names: readonly string[]
  readonly hidden: ReadonlySet<string>
  readonly as: 'time' | 'count'
  readonly over: Over
  readonly worst: string
}

function Lines({ names, hidden, as, over, worst }: LinesProps) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const samples = useStore(history)
  const shownZone = useStore(zone)
  const chosen = useStore(theme)
  const dark = useMedia('(prefers-color-scheme: dark)')
  const key = names.join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a canvas takes its colours and words when it is made.
  useEffect(() => {
    const element = box.current
    if (!element) return
    const made = new uPlot(options(element, names, as, over), [[]], element)
    chart.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT_PX }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      made.destroy()
      chart.current = null
    }
  }, [key, as, over, shownZone, chosen, dark])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another chart is given the same lines.
  useEffect(() => {
    const drawn = columns(samples, names, as === 'time' ? 'ms' : 'events')
    chart.current?.setData(drawn as uPlot.AlignedData)
    for (const [nth, name] of names.entries()) chart.current?.setSeries(nth + 1, { show: !hidden.has(name) })
  }, [samples, hidden, key, as, over, shownZone, chosen, dark])
  return <div ref={box} className={styles.chart} role="img" aria-label={`Chart of lag by stage. Now: ${worst}.`} />
}

function options(element: HTMLElement, names: readonly string[], as: 'time' | 'count', over: Over): uPlot.Options {
  const probe = element.appendChild(document.createElement('span'))
  const ink = (variable: string) => {
    probe.style.color = `var(${variable})`
    return getComputedStyle(probe).color
  }
  const [quiet, line] = [ink('--ink-2'), ink('--line')]
  const font = `12px ${getComputedStyle(element).fontFamily}`
  const axis = { stroke: quiet, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } }
  const series = names.map((name, nth) => ({
    label: name,
    stroke: ink(`--line-${nth % 8}`),
    width: 2,
    points: { show: false },
    spanGaps: false,
  }))
  probe.remove()
  const worded = (value: number) => (value === 0 || as === 'count' ? String(value) : duration(value * 1_000))
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: () => span(over) },
      y: { range: (_, _min, max) => [0, Math.max(as === 'time' ? 1 : 10, max * 1.1)] },
    },
    axes: [
      {
        ...axis,
        space: 110,
        incrs: [...MINUTES_S],
        values: (_, at) =>
          at.map((s) =>
            timeOfDay(s * 1_000, { zone: zone.get(), now: Date.now() }).slice(
              0,
              zone.get() === 'relative' ? undefined : 5,
            ),
          ),
      },
      {
        ...axis,
        size: 72,
        incrs: as === 'time' ? [...SPANS_S] : [1, 2, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 100_000, 1_000_000],
        values: (_, all) => all.map((value) => (Number.isInteger(value) || as === 'time' ? worded(value) : '')),
      },
    ],
    series: [{}, ...series],
  }
}

/** The last hour or day, or as much of it as is known, so that the beginning is not a dot. */
function span(over: Over): [number, number] {
  const end = Date.now() / 1_000
  const first = (history.get()[0]?.at ?? Date.now()) / 1_000
  return [end - Math.min(over === 'day' ? DAY_MS / 1_000 : HOUR_S, Math.max(SHOWN_S_MIN, end - first)), end]
}
