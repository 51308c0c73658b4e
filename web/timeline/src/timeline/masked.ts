/** What names a person is shown as a mask until somebody asks for it. */
import { MASK } from '../history/words'

/** Members that name a person or let one act for them. */
const PERSONAL = new Set(['owner_ref', 'actor', 'token_hash'])

/** The same value with masks; a value that is shown is itself. */
export function masked(value: unknown, shown: boolean): unknown {
  if (shown) return value
  if (Array.isArray(value)) return value.map((one) => masked(one, false))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, of]) => [
      name,
      PERSONAL.has(name) && of !== null && of !== undefined ? MASK : masked(of, false),
    ]),
  )
}

export function maskedText(text: string | null, shown: boolean): string | null {
  return text === null || shown ? text : MASK
}

/** JSON as people read it. */
export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'null'
}
