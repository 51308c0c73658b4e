/** The letters there are, oldest first: the first pages, kept fresh. */
import { useEffect, useState } from 'react'
import { ask } from '../api/ask'
import { asError, useWatched } from '../watch/poll'
import type { Head, LetterPage } from './wire'

const EVERY_MS = 10_000
const PAGE = 100
/** More are not grouped here; a redrive of all goes without looking at each. */
export const SHOWN_MAX = 1_000

const pathOf = (subscription: string, cursor: string | null) => {
  const query = new URLSearchParams({ limit: String(PAGE) })
  if (subscription !== '') query.set('subscription', subscription)
  if (cursor !== null) query.set('cursor', cursor)
  return `/dead-letters?${query}`
}

export function useLetters(subscription: string) {
  const path = pathOf(subscription, null)
  const first = useWatched<LetterPage>(path, EVERY_MS)
  const [rest, setRest] = useState<{
    readonly of: LetterPage
    readonly letters: readonly Head[]
    readonly cut: boolean
  } | null>(null)
  const [failed, setFailed] = useState<string | null>(null)
  const { value } = first
  useEffect(() => {
    if (!value || value.cursor === null) return setRest(null)
    const gone = new AbortController()
    const readOn = async () => {
      const letters: Head[] = []
      let cursor = value.cursor
      while (cursor !== null && value.dead_letters.length + letters.length < SHOWN_MAX) {
        const page: LetterPage = await ask(pathOf(subscription, cursor), { signal: gone.signal })
        letters.push(...page.dead_letters)
        cursor = page.cursor
      }
      setRest({ of: value, letters, cut: cursor !== null })
      setFailed(null)
    }
    readOn().catch((thrown: unknown) => {
      if (!gone.signal.aborted) setFailed(asError(thrown).message)
    })
    return () => gone.abort()
  }, [value, subscription])
  // Until the rest is read anew, the one from before is better than none.
  const letters = value ? [...value.dead_letters, ...(value.cursor === null ? [] : (rest?.letters ?? []))] : []
  const known = new Set<string>()
  const once = letters.filter(({ id }) => !known.has(id) && known.add(id))
  return { first, letters: once, cut: rest?.cut ?? false, failed }
}
