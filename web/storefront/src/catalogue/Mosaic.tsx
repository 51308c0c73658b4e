import { type CSSProperties, memo } from 'react'
import styles from './Mosaic.module.css'

/**
 * A product's picture: twelve tiles of plain shapes in its department's colours, drawn from its sku, so that the same item
 * looks the same everywhere and no two shelves look alike. It says nothing, so it is hidden from those who listen.
 */
export const Mosaic = memo(function Mosaic({ sku, hue }: { sku: string; hue: number }) {
  const dice = rollOf(sku)
  const shade = hue - HUE_SPREAD / 2 + dice(HUE_SPREAD)
  const family = FAMILIES[Math.round(hue) % FAMILIES.length] ?? FAMILIES[0]
  const tiles = Array.from({ length: COLUMNS * ROWS }, (_, index) => {
    const shape = family[dice(family.length)] ?? 'quarter'
    const [turn, tone, ground] = [dice(4), dice(3), dice(4)]
    const [x, y] = [(index % COLUMNS) * SIDE, Math.floor(index / COLUMNS) * SIDE]
    // biome-ignore lint/suspicious/noArrayIndexKey: a tile is its place.
    return <Tile key={index} shape={shape} x={x} y={y} turn={turn} tone={tone} ground={ground} />
  })
  return (
    <svg
      className={styles.mosaic}
      style={{ '--hue': shade } as CSSProperties}
      viewBox={`0 0 ${COLUMNS * SIDE} ${ROWS * SIDE}`}
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      {tiles}
    </svg>
  )
})

/** How far on the wheel a product may be from its department: a large one is not all of one colour. */
const HUE_SPREAD = 90
const SIDE = 40
const COLUMNS = 4
const ROWS = 3

/** Shapes in a square of 40, standing on its lower left corner; `turn` puts them on another one. */
const SHAPES = {
  quarter: 'M0 0A40 40 0 0 1 40 40H0Z',
  leaf: 'M0 0A40 40 0 0 1 40 40A40 40 0 0 1 0 0Z',
  half: 'M0 0A20 20 0 0 1 0 40Z',
  disc: 'M20 6A14 14 0 0 1 20 34A14 14 0 0 1 20 6Z',
  ring: 'M0 0A40 40 0 0 1 40 40H22A22 22 0 0 0 0 18Z',
  corner: 'M0 0L40 40H0Z',
  bars: 'M0 0H40V8H0ZM0 16H40V24H0ZM0 32H40V40H0Z',
  dots: 'M10 5A5 5 0 0 1 10 15A5 5 0 0 1 10 5ZM30 5A5 5 0 0 1 30 15A5 5 0 0 1 30 5ZM10 25A5 5 0 0 1 10 35A5 5 0 0 1 10 25ZM30 25A5 5 0 0 1 30 35A5 5 0 0 1 30 25Z',
  blank: '',
} as const

type Shape = keyof typeof SHAPES

/** A department keeps to a few shapes: that is how its shelf is told from the next one. */
const FAMILIES = [
  ['quarter', 'leaf', 'disc', 'blank'],
  ['half', 'half', 'ring', 'disc'],
  ['ring', 'quarter', 'quarter', 'dots'],
  ['corner', 'quarter', 'half', 'blank'],
  ['leaf', 'leaf', 'dots', 'quarter'],
  ['bars', 'half', 'quarter', 'disc'],
  ['disc', 'ring', 'leaf', 'corner'],
] as const satisfies readonly (readonly Shape[])[]

const TONES = [styles.tone0, styles.tone1, styles.tone2]

interface TileProps {
  readonly shape: Shape
  readonly x: number
  readonly y: number
  readonly turn: number
  readonly tone: number
  readonly ground: number
}

function Tile({ shape, x, y, turn, tone, ground }: TileProps) {
  return (
    <g transform={`translate(${x} ${y})`}>
      {ground === 0 && <path className={styles.ground} d="M0 0H40V40H0Z" />}
      <path className={TONES[tone]} d={SHAPES[shape]} transform={`rotate(${turn * 90} 20 20)`} />
    </g>
  )
}

/** Numbers that follow from a text alone: FNV-1a to begin with, then xorshift. */
function rollOf(text: string): (sides: number) => number {
  let state = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193)
  state ||= 1
  return (sides) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % sides
  }
}
