import type { RecordedEvent } from '@tillroll/cart'
import { useLatest } from '../../history/latest'
import { useModel } from '../model'

/** The event one stands on with all that was recorded of it; null before the first, and until it is known. */
export function useEntry(): RecordedEvent | null {
  const { history, version, known } = useModel()
  const there = version >= 1 && version <= known.length
  const { last } = useLatest(
    there ? version : null,
    String(version),
    (of) => history.lasting('entry', of),
    (of) => history.kept('entry', of),
  )
  return there && last?.question === version ? last.answer : null
}
