/** Asking the server again and again, gently: what was last heard stays, and says how old it is. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { AskError, ask } from '../api/ask'

/** What is known of something that changes by itself. */
export interface Watched<T> {
  /** The last good answer; null until there is one. */
  readonly value: T | null
  /** When that came. */
  readonly at: number | null
  /** Why the newest answer was none; null again after a good one. */
  readonly error: AskError | null
  /** Asks at once. */
  readonly again: () => void
}

/** Longest pause between two questions to a server that does not answer. */
const PAUSE_MS_MAX = 30_000

interface Heard<T> {
  readonly path: string | null
  readonly value: T | null
  readonly at: number | null
  readonly error: AskError | null
}

const NOTHING = { value: null, at: null, error: null }

/**
 * Asks for `path` every so often while the page is in sight; null asks for nothing. Another path begins anew, and an answer
 * to the one before is dropped.
 */
export function useWatched<T>(
  path: string | null,
  everyMs: number,
  onHeard?: (value: T, at: number) => void,
): Watched<T> {
  const [heard, setHeard] = useState<Heard<T>>({ path, ...NOTHING })
  const [round, setRound] = useState(0)
  const told = useRef(onHeard)
  told.current = onHeard
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round asks again.
  useEffect(() => {
    if (path === null) return
    const gone = new AbortController()
    let due: ReturnType<typeof setTimeout> | undefined
    let failures = 0
    const look = async () => {
      try {
        const value = await ask<T>(path, { signal: gone.signal })
        if (gone.signal.aborted) return
        failures = 0
        const at = Date.now()
        setHeard({ path, value, at, error: null })
        told.current?.(value, at)
      } catch (thrown) {
        if (gone.signal.aborted) return
        failures += 1
        const error = asError(thrown)
        setHeard((known) => (known.path === path ? { ...known, error } : { path, ...NOTHING, error }))
      }
      due = setTimeout(next, Math.min(everyMs * 2 ** Math.min(failures, 4), Math.max(everyMs, PAUSE_MS_MAX)))
    }
    // What nobody sees asks for nothing.
    const next = () => {
      due = undefined
      if (!document.hidden) void look()
    }
    const seen = () => {
      if (due === undefined && !document.hidden) void look()
    }
    document.addEventListener('visibilitychange', seen)
    void look()
    return () => {
      gone.abort()
      clearTimeout(due)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [path, everyMs, round])
  const again = useCallback(() => setRound((round) => round + 1), [])
  const { value, at, error } = heard.path === path ? heard : NOTHING
  return { value, at, error, again }
}

export function asError(thrown: unknown): AskError {
  return thrown instanceof AskError ? thrown : new AskError('failed', String(thrown))
}

/** Whether it is a matter of who asks. */
export function isForbidden(error: AskError): boolean {
  return error.status === 401 || error.status === 403
}
