/** Where somebody is, which is all in the address: screen, cart, version, pins, filters. Whoever has the link sees the same. */
import { store } from '@tillroll/storefront/ui/store'

/** Every address of this page begins so. */
export const BASE = '/timeline/'

/**
 * Browsers refuse more than some 200 changes of an address in half a minute, and a slider that is dragged makes more: so it
 * is written this late, and once for many changes.
 */
const WRITTEN_AFTER_MS = 200

/** Path below `BASE`, query and fragment. */
export interface Place {
  readonly path: string
  readonly query: URLSearchParams
  readonly fragment: string
}

const current = store<Place>(read())
let due: ReturnType<typeof setTimeout> | undefined

export const place = current

if (typeof window !== 'undefined') {
  window.addEventListener('popstate', () => {
    clearTimeout(due)
    due = undefined
    current.set(read())
  })
  // What is not written yet is, before the page goes.
  window.addEventListener('pagehide', write)
}

/** What was asked of each screen when it was left. */
const left = new Map<string, Readonly<Record<string, string>>>()

/** Goes to a screen as it was left: filters are still there. */
export function goBack(path: string, fragment = ''): void {
  go(path, left.get(path), fragment)
}

/** Goes to another screen: back leads here again. */
export function go(path: string, query: Readonly<Record<string, string>> = {}, fragment = ''): void {
  write()
  const now = current.get()
  left.set(now.path, Object.fromEntries(now.query))
  const next = { path, query: new URLSearchParams(query), fragment }
  history.pushState(null, '', address(next))
  current.set(next)
}

/** Changes what is said of the screen, in place: null takes a word away. Back leads to where one was before. */
export function say(words: Readonly<Record<string, string | null>>): void {
  const now = current.get()
  const query = new URLSearchParams(now.query)
  for (const [name, word] of Object.entries(words)) {
    if (word === null) query.delete(name)
    else query.set(name, word)
  }
  if (query.toString() === now.query.toString()) return
  current.set({ ...now, query })
  due ??= setTimeout(write, WRITTEN_AFTER_MS)
}

/** Changes the fragment, in place. */
export function sayFragment(fragment: string): void {
  const now = current.get()
  if (fragment === now.fragment) return
  current.set({ ...now, fragment })
  due ??= setTimeout(write, WRITTEN_AFTER_MS)
}

/** The link to what is shown now. */
export function link(): string {
  return new URL(address(current.get()), location.href).href
}

/** An address, as `href` takes it. */
export function address({ path, query, fragment }: Place): string {
  const asked = query.toString()
  return `${BASE}${path}${asked && `?${asked}`}${fragment && `#${fragment}`}`
}

function write(): void {
  if (due === undefined) return
  clearTimeout(due)
  due = undefined
  history.replaceState(null, '', address(current.get()))
}

function read(): Place {
  if (typeof location === 'undefined') return { path: '', query: new URLSearchParams(), fragment: '' }
  const { pathname, search, hash } = location
  const path = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : ''
  return { path, query: new URLSearchParams(search), fragment: hash.slice(1) }
}
