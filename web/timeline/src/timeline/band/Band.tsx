/** A cart's whole life, and a part of it in detail: where one is, where there is much, and what kind it is. */
import { type PointerEvent, useEffect, useMemo, useRef } from 'react'
import { LANE_WORDS, LANES } from '../../history/kinds'
import { useWidth } from '../../ui/useWidth'
import { isDisordered, ruleChanges } from '../marks'
import { useModel } from '../model'
import styles from './Band.module.css'
import { Canvas } from './Canvas'
import { densityOf } from './density'
import { DETAIL_HEIGHT, drawDetail, drawOverview, OVERVIEW_HEIGHT } from './draw'
import { Playhead } from './Playhead'
import { usePalette } from './palette'
import { ticksByNumber, ticksByTime } from './ticks'

/** Pixels of a bar of the overview. */
const BAR_PX = 4
/** Marks of disorder that are drawn; beyond that they say nothing. */
const MARKS_MAX = 500

export function Band() {
  const model = useModel()
  const { axis, known, view, history, passing, places, refusals, byTime, clock } = model
  const [from, to] = view
  const lanes = useRef<HTMLDivElement>(null)
  const width = useWidth(lanes)
  const palette = usePalette(lanes)
  const { length } = known
  // On its way, or not to be had: never a guess.
  const missingFrom = known.expected > length ? axis.xOf(length) : 1

  const counted = useMemo(() => {
    const shown = new Set<string>()
    for (let at = 0; passing !== null && at < places.count; at += 1) {
      const place = places.at(at)
      if (place?.is === 'refusal') shown.add(place.refusal.command_id)
    }
    const judged = refusals.all.map(({ version, command_id }) => ({
      version,
      passes: passing === null || shown.has(command_id),
    }))
    return { axis, kinds: history.kinds, known: length, passing, refusals: judged }
  }, [axis, history, length, passing, places, refusals])

  const overview = useMemo(() => {
    if (!palette || width === 0) return null
    const density = densityOf(counted, 0, 1, Math.max(1, Math.floor(width / BAR_PX)))
    return (context: CanvasRenderingContext2D) => drawOverview(context, { width, palette, density }, missingFrom)
  }, [palette, width, counted, missingFrom])

  const detail = useMemo(() => {
    if (!palette || width === 0) return null
    const density = densityOf(counted, from, to, columnsFor(width, (to - from) * axis.length))
    const ticks = byTime
      ? ticksByTime(axis, (version) => history.timeOf(version), clock, from, to, width)
      : ticksByNumber(axis, from, to, width)
    const disorder: number[] = []
    const last = Math.min(known.length, axis.versionAt(to))
    for (let version = axis.versionAt(from); version <= last && disorder.length < MARKS_MAX; version += 1) {
      if (isDisordered(history.times, version)) disorder.push(axis.xOf(version))
    }
    const changes = ruleChanges(known).map(({ version }) => axis.xOf(version))
    const parts = { axis, from, to, ticks, missingFrom, ruleChanges: changes, disorder }
    return (context: CanvasRenderingContext2D) => drawDetail(context, { width, palette, density }, parts)
  }, [palette, width, counted, from, to, axis, byTime, history, clock, missingFrom, known])

  useKeptInSight(model)
  const drag = useDrag(width, (x, begun) => moveView(model, begun, x))
  const seek = useDrag(width, (x) => model.goVersion(axis.versionAt(from + x * (to - from))))
  const at = (version: number) => (axis.xOf(version) - from) / (to - from)
  return (
    <section className={styles.band} aria-label="Band">
      <div className={styles.names} aria-hidden="true">
        {LANES.map((lane) => (
          <span key={lane} className={styles.name} data-lane={lane}>
            {LANE_WORDS[lane]}
          </span>
        ))}
      </div>
      <div ref={lanes} className={styles.drawn}>
        <div className={styles.overview} {...drag}>
          <Canvas width={width} height={OVERVIEW_HEIGHT} draw={overview} />
          {to - from < 1 && (
            <div className={styles.window} style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }} />
          )}
          <div className={styles.here} style={{ left: `${axis.xOf(model.version) * 100}%` }} />
        </div>
        <div className={styles.detail} {...seek}>
          <Canvas width={width} height={DETAIL_HEIGHT} draw={detail} />
          {(['a', 'b'] as const).map((pin) => {
            const version = model.pins[pin]
            const x = version === null ? -1 : at(version)
            return x >= 0 && x <= 1 ? (
              <div key={pin} className={styles.pin} data-pin={pin} style={{ left: `${x * 100}%` }}>
                <span>{pin.toUpperCase()}</span>
              </div>
            ) : null
          })}
          <Playhead x={at(model.version)} />
        </div>
      </div>
    </section>
  )
}

/** Few events stand apart, many share columns of two pixels. */
function columnsFor(width: number, events: number): number {
  return Math.max(1, Math.floor(width / (events * 8 < width ? 6 : 2)))
}

/** The detail follows the playhead when that leaves what is in sight; not while a life is loaded, nor when a link is opened. */
function useKeptInSight({ axis, version, known, view: [from, to], setView }: ReturnType<typeof useModel>): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the playhead moves the view, never the other way round.
  useEffect(() => {
    const x = axis.xOf(version)
    if (!known.whole || (x >= from && x <= to)) return
    const width = to - from
    setView(x - width / 2, x + width / 2)
  }, [version])
}

/** On the overview: drags the window, or puts its middle where somebody pointed; of a whole life, it seeks. */
function moveView(
  { view: [from, to], setView, goVersion, axis }: ReturnType<typeof useModel>,
  begun: number,
  x: number,
) {
  if (to - from >= 1) return goVersion(axis.versionAt(x))
  const width = to - from
  const grabbed = begun >= from && begun <= to
  return grabbed && x === begun ? undefined : setView(x - width / 2, x + width / 2)
}

/** What follows a pointer that is held down: places from 0 to 1, and where it began. */
function useDrag(width: number, moved: (x: number, begun: number) => void) {
  const begun = useRef<number | null>(null)
  const at = (event: PointerEvent<HTMLElement>) => {
    const { left } = event.currentTarget.getBoundingClientRect()
    return Math.min(1, Math.max(0, (event.clientX - left) / Math.max(1, width)))
  }
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      begun.current = at(event)
      moved(begun.current, begun.current)
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (begun.current !== null) moved(at(event), begun.current)
    },
    onPointerUp: () => {
      begun.current = null
    },
    onPointerCancel: () => {
      begun.current = null
    },
  }
}
