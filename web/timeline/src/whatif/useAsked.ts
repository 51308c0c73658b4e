/** The question in the address with its answer, and everything that can be done to it. */
import type { WhatIfEdit, WhatIfMode } from '@tillroll/cart'
import { announce } from '@tillroll/storefront/ui/announce'
import { useStore } from '@tillroll/storefront/ui/store'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { Base } from '../files/base'
import { place } from '../url/location'
import { useWord, whole } from '../url/word'
import { type Answered, type Pair, type Row, useAnswer } from './answer'
import type { Wanted } from './Editing'
import { editsOf, MODE, MODE_FIRST, setEdits } from './question'
import { editInWords } from './words'

export interface Asked {
  readonly base: Base
  readonly edits: readonly WhatIfEdit[]
  readonly mode: WhatIfMode
  setMode(mode: WhatIfMode): void
  readonly answered: Answered
  readonly pair: Pair | null
  readonly currency: string | null
  /** The row one stands on; null while there is none. */
  readonly row: Row | null
  readonly at: number
  setAt(row: number): void
  readonly refusals: ReturnType<Pair['refusals']>

  add(edit: WhatIfEdit): void
  /** Takes an edit back, by its place in the list. */
  remove(nth: number): void
  drop(): void
  replace(): void
  move(): void
  insert(): void
  issue(): void
  /** Nothing happened behind the row. */
  fork(): void
  step(by: number): void
  toDivergence(): void
  toNextRefusal(): void
}

/** `want` opens the dialog of an edit that needs more than a key. */
export function useAsked(base: Base, want: (wanted: Wanted) => void): Asked {
  const { fragment } = useStore(place)
  const packedEdits = new URLSearchParams(fragment).get('e') ?? ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the fragment only the edits count.
  const edits = useMemo(() => editsOf(fragment), [packedEdits])
  const [mode, setMode] = useWord('mode', MODE, MODE_FIRST)
  const answered = useAnswer(base, mode, edits)
  const pair = answered.state === 'answered' ? answered.pair : null
  const [asked, setAsked] = useWord('at', whole, 0)
  const [from] = useWord('v', whole, 0)
  const at = pair ? Math.min(pair.length, asked || standing(pair, from)) - 1 : 0
  const setAt = useCallback((row: number) => setAsked(row + 1), [setAsked])
  useParted(pair, edits, setAt)
  const currency = pair?.told.recorded?.currency ?? base.timeline.at(base.timeline.length)?.currency ?? null
  const row = pair && pair.length > 0 ? pair.row(at) : null
  const refusals = pair?.refusals() ?? []
  const after = row?.recorded ?? 0

  const change = (next: readonly WhatIfEdit[], said: string) => {
    setEdits(next)
    announce(said)
  }
  const add = (edit: WhatIfEdit) => change([...edits, edit], editInWords(edit, currency))
  /** Does something with the recorded event one stands on, if no edit is about it yet. */
  const withRecorded = (act: (version: number) => void) => {
    const version = row?.edit === null ? row.a : null
    if (version === null) announce('Stand on a recorded event that no edit is about')
    else act(version)
  }
  return {
    base,
    edits,
    mode,
    setMode,
    answered,
    pair,
    currency,
    row,
    at,
    setAt,
    refusals,
    add,
    remove: (nth) => {
      const edit = edits[nth]
      if (edit) change(edits.toSpliced(nth, 1), `Taken back: ${editInWords(edit, currency)}`)
    },
    drop: () => withRecorded((version) => add({ edit: 'drop', version })),
    replace: () =>
      withRecorded((version) => {
        const event = pair?.recorded(version)
        if (event) want({ want: 'replace', version, event })
      }),
    move: () => withRecorded((version) => want({ want: 'move', version })),
    insert: () => want({ want: 'insert', after }),
    issue: () => want({ want: 'issue', after }),
    fork: () => add({ edit: 'fork', version: after }),
    step: (by) => pair && setAt(Math.min(pair.length - 1, Math.max(0, at + by))),
    toDivergence: () => pair && pair.divergence >= 0 && setAt(pair.divergence),
    toNextRefusal: () => {
      const next = refusals.find(({ row }) => row > at) ?? refusals[0]
      if (next) setAt(next.row)
      else announce('Nothing would be refused')
    },
  }
}

/** The row to stand on at first: that of the version one came from, or else where the carts part. */
function standing(pair: Pair, from: number): number {
  if (from > 0) return Math.max(1, pair.rowOf(Math.min(from, pair.base.timeline.length)) + 1)
  return Math.max(1, pair.divergence + 1)
}

/** A new edit leads to the first difference that it makes. */
function useParted(pair: Pair | null, edits: readonly WhatIfEdit[], setAt: (row: number) => void): void {
  const [count, setCount] = useState(edits.length)
  useEffect(() => {
    if (!pair || pair.edits !== edits || edits.length === count) return
    setCount(edits.length)
    if (edits.length > count && pair.divergence >= 0) setAt(pair.divergence)
  }, [pair, edits, count, setAt])
}
