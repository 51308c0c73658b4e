/** What comes of the question in the address: both histories in rows, side by side, and any moment of either. */
import {
  type CartState,
  openTimeline,
  type PastEvent,
  type Timeline,
  type WhatIfAnswer,
  type WhatIfEdit,
  type WhatIfFate,
  type WhatIfMode,
  type WhatIfStep,
} from '@tillroll/cart'
import { useEffect, useState } from 'react'
import type { Base } from '../files/base'
import { History } from '../history/history'
import { refusedIn, stepAt } from '../history/steps'
import type { Told } from '../history/wire'

/** One row of both columns. */
export interface Row {
  readonly fate: WhatIfFate
  readonly edit: number | null
  /** The recorded version that stands in the left column. */
  readonly a: number | null
  /** The version of the alternative that stands in the right one. */
  readonly b: number | null
  /** The recorded event that it is about, wherever it stands. */
  readonly origin: number | null
  /** How far each history has come. */
  readonly recorded: number
  readonly alternative: number
}

type Alternative = Told & { readonly answer: 'alternative' }
/** A step that is refused, and its row. */
type Refusal = { readonly row: number; readonly step: WhatIfStep & { readonly fate: 'refused' } }

/** Both histories, aligned. */
export class Pair {
  readonly base: Base
  /** What was asked. */
  readonly edits: readonly WhatIfEdit[]
  readonly told: Alternative
  readonly #other: Timeline
  #refusals: readonly Refusal[] | null = null

  constructor(base: Base, edits: readonly WhatIfEdit[], told: Alternative, other: Timeline) {
    this.base = base
    this.edits = edits
    this.told = told
    this.#other = other
  }

  get length(): number {
    return this.told.untouched + this.told.steps.fates.length
  }

  /** The place of the first row after which the carts differ; -1 when they never do. */
  get divergence(): number {
    return this.told.divergence === null ? -1 : this.told.untouched + this.told.divergence
  }

  row(index: number): Row {
    const step = stepAt(this.told.steps, index - this.told.untouched)
    if (!step) {
      const version = Math.max(0, Math.min(index + 1, this.told.untouched))
      return {
        fate: SAME,
        edit: null,
        a: version,
        b: version,
        origin: version,
        recorded: version,
        alternative: version,
      }
    }
    const { origin, recorded, alternative, edit } = step
    // An edit may bring it elsewhere; its own place is where the recorded history comes by it.
    const stands = origin !== null && recorded === origin && step.fate !== 'moved'
    return {
      fate: step,
      edit,
      a: stands ? origin : null,
      b: HAPPENED.has(step.fate) ? alternative : null,
      origin,
      recorded,
      alternative,
    }
  }

  /** The first row in which a recorded version stands. */
  rowOf(version: number): number {
    if (version <= this.told.untouched) return version - 1
    const { origins, recorded } = this.told.steps
    const step = origins.findIndex((origin, nth) => origin === version && recorded[nth] === version)
    return step < 0 ? this.length - 1 : this.told.untouched + step
  }

  recorded(version: number): PastEvent | undefined {
    return this.base.timeline.event(version)
  }

  alternative(version: number): PastEvent | undefined {
    return this.#other.event(version)
  }

  cartA(version: number): CartState | null {
    return (version > 0 && this.base.timeline.at(version)) || null
  }

  cartB(version: number): CartState | null {
    return (version > 0 && this.#other.at(version)) || null
  }

  refusals(): readonly Refusal[] {
    const { untouched, steps } = this.told
    this.#refusals ??= refusedIn(steps).flatMap((nth) => {
      const step = stepAt(steps, nth)
      return step?.fate === 'refused' ? [{ row: untouched + nth, step }] : []
    })
    return this.#refusals
  }

  free(): void {
    this.#other.free()
  }
}

const SAME: WhatIfFate = { fate: 'same' }
const HAPPENED: ReadonlySet<WhatIfFate['fate']> = new Set(['same', 'unjudged', 'changed', 'inserted', 'moved'])

export type Answered =
  | { readonly state: 'asking' }
  | { readonly state: 'answered'; readonly pair: Pair }
  | { readonly state: 'impossible'; readonly why: WhatIfAnswer & { readonly answer: 'impossible' } }
  | { readonly state: 'failed'; readonly message: string }

const ASKING: Answered = { state: 'asking' }

/** The core answers in a worker: a long life is folded and decided again while the page goes on. */
export function useAnswer(base: Base | null, mode: WhatIfMode, edits: readonly WhatIfEdit[]): Answered {
  const [answered, setAnswered] = useState<Answered>(ASKING)
  const history = useHistory(base)
  useEffect(() => {
    if (!base) return setAnswered(ASKING)
    if (!history) return
    let [left, pair]: [boolean, Pair | null] = [false, null]
    const ask = async (): Promise<Answered> => {
      const question = { mode, edits, redactions: base.header.redactions }
      const told = await history.ask('whatIf', { question })
      if (told.answer === 'impossible') return { state: 'impossible', why: told }
      if (left) return ASKING
      pair = new Pair(base, edits, told, await openTimeline(told.packed))
      return { state: 'answered', pair }
    }
    ask()
      .catch((thrown: unknown): Answered => ({ state: 'failed', message: wordsOf(thrown) }))
      .then((answer) => {
        if (left) pair?.free()
        else setAnswered(answer)
      })
    return () => {
      left = true
    }
  }, [base, history, mode, edits])
  return answered
}

/** A worker that has the history. */
function useHistory(base: Base | null): History | null {
  const [history, setHistory] = useState<History | null>(null)
  useEffect(() => {
    if (!base) return
    const opened = new History({ from: 'bytes', bytes: base.packed })
    setHistory(opened)
    return () => {
      setHistory(null)
      opened.close()
    }
  }, [base])
  return history
}

function wordsOf(thrown: unknown): string {
  const { code, data } = (thrown ?? {}) as { code?: unknown; data?: { at?: unknown } }
  if (code === 'malformed')
    return `An edit in the address has a value that no event has${data?.at ? ` at ${data.at}` : ''}.`
  return thrown instanceof Error ? thrown.message : String(thrown)
}
