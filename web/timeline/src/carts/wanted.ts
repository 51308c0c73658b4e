/** Which carts are asked for: the words of the address, and the same words to the API. */
import { useStore } from '@tillroll/storefront/ui/store'
import { place, say } from '../url/location'

export interface Wanted {
  readonly q: string
  readonly status: 'open' | 'closed' | ''
  readonly flag: 'parked' | 'imported' | ''
  /** Unix milliseconds; the last change of a cart lies from here on, and before `to`. */
  readonly from: number | null
  readonly to: number | null
}

export const EVERYTHING: Wanted = { q: '', status: '', flag: '', from: null, to: null }
/** The longest text that the API looks for. */
export const TEXT_CHARS_MAX = 100

/** What the address says; what makes no sense there is as if it were not. */
export function read(query: URLSearchParams): Wanted {
  const word = <T extends string>(name: string, ...all: readonly T[]) =>
    all.find((one) => one === query.get(name)) ?? ''
  const moment = (name: string) => {
    const at = Date.parse(query.get(name) ?? '')
    return Number.isNaN(at) ? null : at
  }
  const [from, to] = [moment('from'), moment('to')]
  const crossed = from !== null && to !== null && from >= to
  return {
    q: [...(query.get('q') ?? '').trim()].slice(0, TEXT_CHARS_MAX).join(''),
    status: word('status', 'open', 'closed'),
    flag: word('flag', 'parked', 'imported'),
    from: crossed ? null : from,
    to: crossed ? null : to,
  }
}

/** The same in words; what is not asked for has none. */
export function words({
  q,
  status,
  flag,
  from,
  to,
}: Wanted): Record<'q' | 'status' | 'flag' | 'from' | 'to', string | null> {
  const moment = (at: number | null) => (at === null ? null : new Date(at).toISOString())
  return { q: q || null, status: status || null, flag: flag || null, from: moment(from), to: moment(to) }
}

/** As a query of the API, the beginning of one page. */
export function asked(wanted: Wanted, limit: number, cursor: string | null): string {
  const query = new URLSearchParams({ limit: String(limit) })
  for (const [name, word] of Object.entries(words(wanted))) if (word !== null) query.set(name, word)
  if (cursor !== null) query.set('cursor', cursor)
  return `/carts?${query}`
}

export function isEverything(wanted: Wanted): boolean {
  return Object.values(words(wanted)).every((word) => word === null)
}

/** What is asked for now, and what changes it. */
export function useWanted(): readonly [Wanted, (change: Partial<Wanted>) => void] {
  const { query } = useStore(place)
  const wanted = read(query)
  return [wanted, (change) => say({ ...words({ ...wanted, ...change }), at: null })]
}
