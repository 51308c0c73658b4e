import { oneOf, useWord } from '../../url/word'

export const INSPECTOR_WORDS = {
  event: 'Event',
  diff: 'Diff',
  why: 'Why',
  causes: 'Causes',
  delivery: 'Delivery',
} as const
export type InspectorSide = keyof typeof INSPECTOR_WORDS

const SIDES = oneOf(...(Object.keys(INSPECTOR_WORDS) as InspectorSide[]))

/** Which side of the inspector is shown, as the address says. */
export function useInspector() {
  return useWord<InspectorSide>('tab', SIDES, 'event')
}
