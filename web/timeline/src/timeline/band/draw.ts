/** Draws the band. Everything on it is in the list too; here it is only seen. */
import { duration } from '../../clock/zone'
import { LANES } from '../../history/kinds'
import type { Axis } from './axis'
import type { Density } from './density'
import type { Palette } from './palette'

export const LANE_HEIGHT = 17
export const AXIS_HEIGHT = 18
export const OVERVIEW_HEIGHT = 30
export const DETAIL_HEIGHT = LANE_HEIGHT * LANES.length + AXIS_HEIGHT

type Context = CanvasRenderingContext2D

/** How strong what does not pass the filter is. */
const DIMMED = 0.18

/** One tick of an axis. */
export interface Tick {
  readonly x: number
  readonly label: string
}

interface Drawn {
  readonly width: number
  readonly palette: Palette
  readonly density: Density
}

/** A whole life as bars, as high as there is much. */
export function drawOverview(context: Context, { width, palette, density }: Drawn, missingFrom: number): void {
  context.clearRect(0, 0, width, OVERVIEW_HEIGHT)
  const bar = width / density.columns
  for (let column = 0; column < density.columns; column += 1) {
    let y = OVERVIEW_HEIGHT - 1
    const sum = sumOf(density, column)
    if (sum === 0) continue
    const height = Math.max(3, (OVERVIEW_HEIGHT - 4) * Math.sqrt(sum / density.most))
    for (const [strength, counts] of [
      [1, density.counts],
      [DIMMED, density.dimmed],
    ] as const) {
      for (const [nth, lane] of LANES.entries()) {
        const part = ((counts[nth]?.[column] ?? 0) / sum) * height
        if (part === 0) continue
        context.globalAlpha = strength
        context.fillStyle = palette.lanes[lane]
        context.fillRect(column * bar, y - part, Math.max(1, bar - (bar > 3 ? 1 : 0)), part)
        y -= part
      }
    }
  }
  context.globalAlpha = 1
  if (missingFrom < 1) hatch(context, palette, missingFrom * width, 0, width, OVERVIEW_HEIGHT)
}

/** The lanes in detail. Events that stand apart are marks, and where they are too many, columns of one lane. */
export function drawDetail(context: Context, drawn: Drawn, parts: DetailParts): void {
  const { width, palette } = drawn
  context.clearRect(0, 0, width, DETAIL_HEIGHT)
  const place = (x: number) => ((x - parts.from) / (parts.to - parts.from)) * width
  context.fillStyle = palette.line
  for (let lane = 0; lane <= LANES.length; lane += 1) context.fillRect(0, lane * LANE_HEIGHT, width, 1)
  drawFolds(context, drawn, parts.axis, place)
  drawLanes(context, drawn)
  drawTicks(context, drawn, parts.ticks, place)
  const missing = place(parts.missingFrom)
  if (missing < width) hatch(context, palette, Math.max(0, missing), 0, width, LANE_HEIGHT * LANES.length)
  context.strokeStyle = palette.ink
  context.setLineDash([2, 3])
  for (const x of parts.ruleChanges) {
    context.beginPath()
    context.moveTo(place(x) + 0.5, 0)
    context.lineTo(place(x) + 0.5, LANE_HEIGHT * LANES.length)
    context.stroke()
  }
  context.setLineDash([])
  context.fillStyle = palette.lanes.refused
  for (const x of parts.disorder) {
    context.beginPath()
    context.moveTo(place(x) - 3, 0)
    context.lineTo(place(x) + 3, 0)
    context.lineTo(place(x), 5)
    context.fill()
  }
}

export interface DetailParts {
  readonly axis: Axis
  readonly from: number
  readonly to: number
  readonly ticks: readonly Tick[]
  /** Where events are that are not here. */
  readonly missingFrom: number
  readonly ruleChanges: readonly number[]
  readonly disorder: readonly number[]
}

function drawLanes(context: Context, { width, palette, density }: Drawn): void {
  const column = width / density.columns
  const mark = Math.max(1.5, Math.min(5, column - 1))
  for (const [nth, lane] of LANES.entries()) {
    const top = nth * LANE_HEIGHT + 4
    context.fillStyle = palette.lanes[lane]
    for (const [strength, counts] of [
      [DIMMED, density.dimmed[nth]],
      [1, density.counts[nth]],
    ] as const) {
      for (let at = 0; at < density.columns; at += 1) {
        const count = counts?.[at] ?? 0
        if (count === 0) continue
        context.globalAlpha = strength * (0.62 + 0.38 * Math.min(1, count / 4))
        context.fillRect(at * column + (column - mark) / 2, top, mark, LANE_HEIGHT - 7)
      }
    }
  }
  context.globalAlpha = 1
}

function drawFolds(context: Context, { palette, width }: Drawn, axis: Axis, place: (x: number) => number): void {
  context.font = `11px ${palette.font}`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  const height = LANE_HEIGHT * LANES.length
  for (const fold of axis.folds) {
    const [left, right] = [place(fold.from), place(fold.to)]
    if (right < 0 || left > width) continue
    context.fillStyle = palette.sunken
    context.fillRect(left, 1, right - left, height - 1)
    const label = duration(fold.ms)
    context.fillStyle = palette.faint
    if (context.measureText(label).width < right - left - 4) {
      context.fillText(label, (left + right) / 2, height / 2)
    } else {
      context.save()
      context.translate((left + right) / 2, height / 2)
      context.rotate(-Math.PI / 2)
      if (right - left > 9) context.fillText(label, 0, 0)
      context.restore()
    }
  }
}

function drawTicks(
  context: Context,
  { palette, width }: Drawn,
  ticks: readonly Tick[],
  place: (x: number) => number,
): void {
  context.font = `11px ${palette.font}`
  context.textBaseline = 'middle'
  const y = LANE_HEIGHT * LANES.length
  let free = -1
  for (const { x, label } of ticks) {
    const at = place(x)
    const half = context.measureText(label).width / 2
    const left = Math.min(width - half * 2 - 2, Math.max(2, at - half))
    if (at < 0 || at > width || left < free) continue
    context.fillStyle = palette.line
    context.fillRect(Math.round(at), y, 1, 4)
    context.fillStyle = palette.faint
    context.textAlign = 'left'
    context.fillText(label, left, y + 11)
    free = left + half * 2 + 14
  }
}

/** What is not here is hatched: never a guess. */
function hatch(context: Context, palette: Palette, left: number, top: number, right: number, bottom: number): void {
  context.save()
  context.beginPath()
  context.rect(left, top, right - left, bottom - top)
  context.clip()
  context.strokeStyle = palette.faint
  context.globalAlpha = 0.45
  for (let x = left - (bottom - top); x < right; x += 7) {
    context.beginPath()
    context.moveTo(x, bottom)
    context.lineTo(x + (bottom - top), top)
    context.stroke()
  }
  context.restore()
}

function sumOf({ counts, dimmed }: Density, column: number): number {
  let sum = 0
  for (const lane of counts) sum += lane[column] ?? 0
  for (const lane of dimmed) sum += lane[column] ?? 0
  return sum
}
