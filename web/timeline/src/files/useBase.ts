/** The history that an address means: a cart of the server's, the file that is open, or what the fragment carries. */
import { useStore } from '@tillroll/storefront/ui/store'
import { useEffect, useState } from 'react'
import { place, sayFragment } from '../url/location'
import { type Base, fromServer, opened } from './base'
import { carried, fragmentFor, knownFragment } from './link'

export type Found =
  | { readonly state: 'loading' }
  | { readonly state: 'none' }
  | { readonly state: 'ready'; readonly base: Base }
  | { readonly state: 'failed'; readonly message: string }

const LOADING: Found = { state: 'loading' }

/** `cart`: the server's, where one is in the address; null for what is open. */
export function useBase(cart: string | null, fragment: string): Found {
  const file = useStore(opened)
  const history = new URLSearchParams(fragment).get('h')
  const [found, setFound] = useState<Found>(LOADING)
  useEffect(() => {
    // Back may lead to the address of another history than the one that was opened since.
    const other = history !== null && file !== null && (knownFragment(file) ?? history) !== history
    if (file && cart === null && !other) return setFound({ state: 'ready', base: file })
    if (cart === null && !history) return setFound({ state: 'none' })
    const left = new AbortController()
    const failed = (thrown: unknown) => {
      if (!left.signal.aborted)
        setFound({ state: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) })
    }
    setFound(LOADING)
    if (cart === null && history) {
      carried(`h=${history}`).then((base) => base && opened.set(base), failed)
    } else if (cart !== null) {
      fromServer(cart, left.signal).then((base) => !left.signal.aborted && setFound({ state: 'ready', base }), failed)
    }
    return () => left.abort()
  }, [cart, file, history])
  return found
}

/** Puts a small history itself into the address, behind the `#`: whoever has the link, or loads it again, sees the same. */
export function useCarried(base: Base): void {
  useEffect(() => {
    if (base.from === 'server') return
    let left = false
    const put = (letters: string | null) => {
      const words = new URLSearchParams(place.get().fragment)
      if (left || letters === null || words.get('h') === letters) return
      words.set('h', letters)
      sayFragment(words.toString())
    }
    // A history that cannot be packed has no link; the file has it.
    fragmentFor(base).then(put, () => {})
    return () => {
      left = true
    }
  }, [base])
}
