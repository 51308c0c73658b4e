/** A cart as a tree of fields, each with its JSON Pointer: lines and discounts lie under their keys, as in differences. */
import type { CartState, Change } from '@tillroll/cart'

export interface Node {
  readonly path: string
  readonly name: string
  readonly level: number
  /** Null for a branch. */
  readonly text: string | null
  readonly branch: boolean
  readonly open: boolean
  readonly changed: boolean
  /** Its place among its siblings, from 1, and how many they are. */
  readonly place: number
  readonly of: number
}

type Fields = Readonly<Record<string, unknown>>

export function pointerTo(...names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The state as differences see it. */
export function fieldsOf(cart: CartState): Fields {
  return {
    ...cart,
    lines: Object.fromEntries(cart.lines.map((line) => [line.sku, line])),
    discounts: Object.fromEntries(cart.discounts.map((discount) => [discount.code, discount])),
  }
}

/**
 * The nodes in sight, from top to bottom. What is looked for is open, and nothing else is shown then; what changed is open
 * unless somebody closed it.
 */
export function nodesOf(
  fields: Fields,
  changes: readonly Change[],
  turned: ReadonlySet<string>,
  sought: string,
): readonly Node[] {
  const nodes: Node[] = []
  const wanted = sought.trim().toLowerCase()
  const add = (of: Fields, above: string, level: number, found: boolean) => {
    const inside = Object.entries(of).filter(([name, value]) => found || wanted === '' || has(name, value, wanted))
    for (const [nth, [name, value]] of inside.entries()) {
      const path = above + pointerTo(name)
      const branch = typeof value === 'object' && value !== null
      const changed = touches(changes, path)
      const opens = level === 1 || changed || wanted !== ''
      const open = branch && opens !== turned.has(path)
      nodes.push({
        path,
        name,
        level,
        branch,
        open,
        changed,
        text: branch ? null : textOf(value),
        place: nth + 1,
        of: inside.length,
      })
      if (open) add(value as Fields, path, level + 1, found || (wanted !== '' && name.toLowerCase().includes(wanted)))
    }
  }
  add(fields, '', 1, false)
  return nodes
}

/** Whether it is said anywhere in it: in keys or in values. */
function has(name: string, value: unknown, wanted: string): boolean {
  if (name.toLowerCase().includes(wanted)) return true
  if (typeof value !== 'object' || value === null) return textOf(value).toLowerCase().includes(wanted)
  return Object.entries(value).some(([inner, of]) => has(inner, of, wanted))
}

function touches(changes: readonly Change[], path: string): boolean {
  return changes.some(
    (change) => change.path === path || change.path.startsWith(`${path}/`) || path.startsWith(`${change.path}/`),
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
