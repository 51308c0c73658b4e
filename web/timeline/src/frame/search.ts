/** What somebody typed who looks for something: any id, a sku, a word, or `>` and a command. */
import { go } from '../url/location'
import { CARTS, cartPath } from './screens'

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

export type Sought =
  | { readonly what: 'nothing' }
  | { readonly what: 'cart'; readonly id: string; readonly version: string | null }
  | { readonly what: 'command'; readonly text: string }
  | { readonly what: 'word'; readonly text: string }

/** Understands an id wherever it stands: alone, in a link, in a line of a log; `id@42` and `id 42` mean that version. */
export function sought(typed: string): Sought {
  const text = typed.trim()
  if (text === '') return { what: 'nothing' }
  if (text.startsWith('>')) return { what: 'command', text: text.slice(1).trim() }
  const found = UUID.exec(text)
  if (!found) return { what: 'word', text }
  const rest = text.slice(found.index + found[0].length)
  const version = /^(?:@|\s+|\?(?:.*&)?v=)(\d{1,15})\b/.exec(rest)?.[1] ?? null
  return { what: 'cart', id: found[0].toLowerCase(), version }
}

/** Goes where that is. False for what the palette has to answer. */
export function goTo(given: Sought): boolean {
  switch (given.what) {
    case 'nothing':
      return true
    case 'cart':
      go(cartPath(given.id), given.version === null ? {} : { v: given.version })
      return true
    case 'word':
      go(CARTS, { q: given.text })
      return true
    case 'command':
      return false
    default:
      return given satisfies never
  }
}
