/** What is written along the axis: numbers of events, or clock times and days. */
import { type Clock, day, timeOfDay } from '../../clock/zone'
import type { Axis } from './axis'
import type { Tick } from './draw'

/** Room that a label needs, in pixels. */
const NUMBER_PX = 70
const TIME_PX = 130

const counts = new Intl.NumberFormat()

export function ticksByNumber(axis: Axis, from: number, to: number, width: number): readonly Tick[] {
  const events = Math.max(1, (to - from) * axis.length)
  const step = rounded(events / Math.max(1, width / NUMBER_PX))
  const first = Math.max(1, Math.ceil((from * axis.length) / step) * step)
  const ticks: Tick[] = []
  if (from === 0 && first > 1) ticks.push({ x: axis.xOf(1), label: '1' })
  for (let version = first; version <= to * axis.length; version += step) {
    ticks.push({ x: axis.xOf(version), label: counts.format(version) })
  }
  return ticks
}

/** At the first event of every so many pixels, when that was; the day too where it is another one. */
export function ticksByTime(
  axis: Axis,
  timeOf: (version: number) => number,
  clock: Clock,
  from: number,
  to: number,
  width: number,
): readonly Tick[] {
  const parts = Math.max(1, Math.floor(width / TIME_PX))
  const ticks: Tick[] = []
  let [lastDay, lastVersion] = ['', 0]
  for (let part = 0; part <= parts; part += 1) {
    const version = Math.min(axis.length, axis.versionAt(from + ((to - from) * part) / parts) + (part === 0 ? 1 : 0))
    const at = timeOf(version)
    if (version === lastVersion || Number.isNaN(at)) continue
    lastVersion = version
    const today = day(at, clock)
    const time = timeOfDay(at, clock).slice(0, clock.zone === 'relative' ? undefined : 8)
    ticks.push({
      x: axis.xOf(version),
      label: today === lastDay || clock.zone === 'relative' ? time : `${today} ${time}`,
    })
    lastDay = today
  }
  return ticks
}

/** 1, 2 or 5 times a power of ten, at least as much. */
function rounded(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)))
  return [1, 2, 5, 10].map((by) => by * power).find((step) => step >= least) ?? power * 10
}
