/** Filters that somebody gave a name, in this browser. */
import { store } from '@tillroll/storefront/ui/store'
import { EVERYTHING, read, type Wanted, words } from './wanted'

const KEY = 'tillroll.timeline.carts.filters'
/** Most filters: a row of chips that can be looked through. */
export const SAVED_MAX = 20
export const NAME_CHARS_MAX = 40

export interface SavedFilter {
  readonly name: string
  readonly wanted: Wanted
}

export const saved = store<readonly SavedFilter[]>(stored())

/** Keeps a filter under a name; one of the same name is replaced. */
export function keep(name: string, wanted: Wanted): void {
  change([...saved.get().filter((one) => one.name !== name), { name, wanted }].slice(-SAVED_MAX))
}

export function forget(name: string): void {
  change(saved.get().filter((one) => one.name !== name))
}

function change(all: readonly SavedFilter[]): void {
  saved.set(all)
  try {
    localStorage.setItem(KEY, JSON.stringify(all.map(({ name, wanted }) => [name, written(wanted)])))
  } catch {
    // Without storage they last until the page is left.
  }
}

/** As a query, which is read as strictly as an address is. */
function written(wanted: Wanted): string {
  const query = new URLSearchParams()
  for (const [name, word] of Object.entries(words(wanted))) if (word !== null) query.set(name, word)
  return query.toString()
}

function stored(): readonly SavedFilter[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    const pairs = Array.isArray(kept) ? kept.slice(0, SAVED_MAX) : []
    return pairs.flatMap((pair: unknown) => {
      const [name, query] = Array.isArray(pair) ? pair : []
      if (typeof name !== 'string' || typeof query !== 'string') return []
      return [{ name: name.slice(0, NAME_CHARS_MAX), wanted: read(new URLSearchParams(query)) }]
    })
  } catch {
    return []
  }
}

export function same(one: Wanted, other: Wanted): boolean {
  return (Object.keys(EVERYTHING) as (keyof Wanted)[]).every((name) => one[name] === other[name])
}
