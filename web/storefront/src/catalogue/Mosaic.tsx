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
  // One path for each colour and not an element for each tile: a shelf that is scrolled makes a dozen pictures a frame.
  const paths = LAYERS.map(() => '')
  for (let index = 0; index < COLUMNS * ROWS; index += 1) {
    const shape = family[dice(family.length)] ?? 'quarter'
    const [turn, tone, ground] = [dice(4), dice(3), dice(4)]
    const [x, y] = [(index % COLUMNS) * SIDE, Math.floor(index / COLUMNS) * SIDE]
    if (ground === 0) paths[0] += `M${x} ${y}h${SIDE}v${SIDE}h-${SIDE}z`
    const { from, path } = TURNED.get(shape)?.[turn] ?? SHAPES.blank
    paths[tone + 1] += `M${x + from[0]} ${y + from[1]}${path}`
  }
  return (
    <svg
      className={styles.mosaic}
      style={{ '--hue': shade } as CSSProperties}
      viewBox={`0 0 ${COLUMNS * SIDE} ${ROWS * SIDE}`}
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      {LAYERS.map((layer, nth) => (
        <path key={layer} className={layer} d={paths[nth]} />
      ))}
    </svg>
  )
})

/** How far on the wheel a product may be from its department: a large one is not all of one colour. */
const HUE_SPREAD = 90
const SIDE = 40
const COLUMNS = 4
const ROWS = 3

/** The ground of some tiles, and the three tones of what lies on it. */
const LAYERS = [styles.ground, styles.tone0, styles.tone1, styles.tone2]

type Point = readonly [x: number, y: number]

/** An outline: where it begins in its tile, and how it goes on from there. */
interface Outline {
  readonly from: Point
  readonly path: string
}

/** Shapes in a square of 40, standing on its lower left corner. */
const SHAPES = {
  quarter: { from: [0, 0], path: 'a40 40 0 0 1 40 40l-40 0z' },
  leaf: { from: [0, 0], path: 'a40 40 0 0 1 40 40a40 40 0 0 1 -40 -40z' },
  half: { from: [0, 0], path: 'a20 20 0 0 1 0 40z' },
  disc: { from: [20, 6], path: 'a14 14 0 0 1 0 28a14 14 0 0 1 0 -28z' },
  ring: { from: [0, 0], path: 'a40 40 0 0 1 40 40l-18 0a22 22 0 0 0 -22 -22z' },
  corner: { from: [0, 0], path: 'l40 40l-40 0z' },
  bars: { from: [0, 0], path: ['', 'm0 16', 'm0 16'].map((to) => `${to}l40 0l0 8l-40 0z`).join('') },
  dots: {
    from: [10, 5],
    path: ['', 'm20 0', 'm-20 20'].map((to) => `${to}a5 5 0 0 1 0 10a5 5 0 0 1 0 -10z`).join(''),
  },
  blank: { from: [0, 0], path: '' },
} as const satisfies Readonly<Record<string, Outline>>

type Shape = keyof typeof SHAPES

/** An outline, a quarter turn further around the middle of its tile. */
function turned({ from: [x, y], path }: Outline): Outline {
  const turn = (_: string, to: string, x: string, y: string) => `${to}${-Number(y)} ${x}`
  return { from: [SIDE - y, x], path: path.replace(/([lm]|a\d+ \d+ 0 0 [01] )(-?\d+) (-?\d+)/g, turn) }
}

/** A shape on each of its four sides. */
function sides(outline: Outline): readonly [Outline, ...Outline[]] {
  const once = turned(outline)
  const twice = turned(once)
  return [outline, once, twice, turned(twice)]
}

const TURNED = new Map(Object.entries(SHAPES).map(([name, outline]) => [name, sides(outline)]))

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
