/** What names a person is shown as a mask until somebody asks for it. */
import { MASK, plain } from '../history/words'

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
  if (text === null) return null
  return shown ? plain(text) : MASK
}

/** JSON as people read it; what cannot be seen is written as JSON may write it. */
export function pretty(value: unknown): string {
  const json = JSON.stringify(value, null, 2) ?? 'null'
  return json.replaceAll(UNSEEN, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const UNSEEN = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g
