/**
 * The steps of a what-if as columns: a hundred thousand objects would take the page longer to receive than the core takes to
 * find them.
 */
import type { WhatIfFate, WhatIfStep } from '@tillroll/cart'

type Refused = WhatIfFate & { readonly fate: 'refused' }

const FATES = [
  'same',
  'unjudged',
  'changed',
  'already_so',
  'dropped',
  'inserted',
  'moved',
  'moved_away',
  'refused',
] as const satisfies WhatIfFate['fate'][]
const REFUSED = FATES.indexOf('refused')
/** There are at most 64 edits. */
const NO_EDIT = 255

/** A place in each for every step, in their order. */
export interface Steps {
  readonly fates: Uint8Array
  /** 0 for none. */
  readonly origins: Uint32Array
  readonly edits: Uint8Array
  readonly recorded: Uint32Array
  readonly alternative: Uint32Array
  /** Of a refused step its place among the reasons. */
  readonly reasons: Uint32Array
  /** Every reason once: many commands are refused for the same one. */
  readonly refusals: readonly Refused[]
}

export function stepsOf(all: readonly WhatIfStep[]): Steps {
  const refusals: Refused[] = []
  const known = new Map<string, number>()
  const reasonOf = (step: WhatIfStep) => {
    if (step.fate !== 'refused') return 0
    const { fate, code, details } = step
    const said = JSON.stringify([code, details])
    const place = known.get(said) ?? refusals.push({ fate, code, details } as Refused) - 1
    known.set(said, place)
    return place
  }
  return {
    fates: Uint8Array.from(all, ({ fate }) => FATES.indexOf(fate)),
    origins: Uint32Array.from(all, ({ origin }) => origin ?? 0),
    edits: Uint8Array.from(all, ({ edit }) => edit ?? NO_EDIT),
    recorded: Uint32Array.from(all, ({ recorded }) => recorded),
    alternative: Uint32Array.from(all, ({ alternative }) => alternative),
    reasons: Uint32Array.from(all, reasonOf),
    refusals,
  }
}

/** The step in a place; undefined where there is none. */
export function stepAt(steps: Steps, nth: number): WhatIfStep | undefined {
  const fate = FATES[steps.fates[nth] ?? FATES.length]
  if (fate === undefined) return undefined
  const about = fate === 'refused' ? steps.refusals[steps.reasons[nth] ?? 0] : { fate }
  const edit = steps.edits[nth] ?? NO_EDIT
  return {
    ...(about as WhatIfFate),
    origin: steps.origins[nth] || null,
    edit: edit === NO_EDIT ? null : edit,
    recorded: steps.recorded[nth] ?? 0,
    alternative: steps.alternative[nth] ?? 0,
  }
}

/** Places of the steps that are refused. */
export function refusedIn({ fates }: Steps): readonly number[] {
  const found: number[] = []
  for (const [nth, fate] of fates.entries()) if (fate === REFUSED) found.push(nth)
  return found
}
