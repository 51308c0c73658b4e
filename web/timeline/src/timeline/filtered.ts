/** Which events and refused commands pass the filter. */
import { useEffect, useMemo, useState } from 'react'
import { parseFilter, passes } from '../history/filter'
import type { History } from '../history/history'
import type { Refusal } from './refusals'

interface Passing {
  /** Versions, in order; null for all. */
  readonly passing: Uint32Array | null
  readonly passingRefusals: readonly Refusal[]
  /** What passes is still being found out; until then what passed before stands. */
  readonly filtering: boolean
}

export function usePassing(history: History, length: number, filter: string, refusals: readonly Refusal[]): Passing {
  const [found, setFound] = useState<{ readonly filter: string; readonly passing: Uint32Array | null }>(NO_FILTER)
  const tokens = useMemo(() => parseFilter(filter), [filter])
  const none = tokens.length === 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: new events are a reason to look again.
  useEffect(() => {
    if (none) return setFound({ filter, passing: null })
    let over = false
    history.ask('match', { filter }).then(
      (passing) => {
        if (!over && passing) setFound({ filter, passing })
      },
      // The worker is gone; so is everything on this screen.
      () => {},
    )
    return () => {
      over = true
    }
  }, [history, length, filter, none])
  const passingRefusals = useMemo(
    () => (none ? refusals : refusals.filter((refusal) => passes(tokens, subjectOf(refusal)))),
    [tokens, refusals, none],
  )
  return { passing: none ? null : found.passing, passingRefusals, filtering: !none && found.filter !== filter }
}

const NO_FILTER = { filter: '', passing: null }

function subjectOf({ type, actor, details, code, message }: Refusal) {
  return {
    type,
    refused: true,
    actor: () => actor,
    skus: () => [details.sku].filter((sku) => typeof sku === 'string'),
    text: () => `refused ${code} ${message} ${JSON.stringify(details)}`,
    // It changed nothing, and nobody expects it to be found among events that should have.
    changed: () => false,
  }
}
