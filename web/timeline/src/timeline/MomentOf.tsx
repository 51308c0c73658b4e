/**
 * The cart where one stands. It comes a little later than one stood there, from the worker; what shows it is drawn again
 * then, and nothing else. Who goes step by step finds the next one here already.
 */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef } from 'react'
import { useLatest } from '../history/latest'
import type { Moment } from '../history/wire'
import { useModel } from './model'

export interface Shown {
  /** Of the version that it says, which may lag a moment behind; null until there is one. */
  readonly moment: (Moment & { readonly version: number }) | null
  readonly error: string | null
}

const ShownContext = createContext<Shown>({ moment: null, error: null })

export function MomentOf({ children }: { readonly children: ReactNode }) {
  const { history, known, version, place, places } = useModel()
  const there = known.length > 0 || known.whole
  const { last, error } = useLatest(
    there ? version : null,
    `${version} of ${Math.min(known.length, version)}`,
    (of) => history.lasting('moment', of),
    (of) => history.kept('moment', of),
  )
  const before = useRef(place)
  useEffect(() => {
    const step = place - before.current
    before.current = place
    if (step === 1 || step === -1) history.expect(places.versionAt(place + step))
  }, [history, place, places])
  const shown = useMemo(() => ({ moment: last && { ...last.answer, version: last.question }, error }), [last, error])
  return <ShownContext value={shown}>{children}</ShownContext>
}

export function useMoment(): Shown {
  return useContext(ShownContext)
}
