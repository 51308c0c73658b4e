/** The keys of the what-if screen. They are the sheet's list too. */

import { copyLink } from '../files/address'
import type { Base } from '../files/base'
import { cartPath } from '../frame/screens'
import { useKeys } from '../keys/keys'
import { goBack, place } from '../url/location'
import { withEdits } from './question'
import type { Asked } from './useAsked'

export function useWhatIfKeys(asked: Asked): void {
  const { mode, setMode, edits, step } = asked
  useKeys('What if', [
    { key: 'ArrowLeft', does: 'Previous step', act: () => step(-1) },
    { key: 'ArrowRight', does: 'Next step', act: () => step(1) },
    { key: 'x', does: 'Leave the event out', act: asked.drop },
    { key: 'c', does: 'Change the event', act: asked.replace },
    { key: 'm', does: 'Move the event', act: asked.move },
    { key: 'i', does: 'Insert an event behind it', act: asked.insert },
    { key: 'a', does: 'Ask for something behind it', act: asked.issue },
    { key: 'k', does: 'Nothing happened after it', act: asked.fork },
    { key: 'u', does: 'Take the newest edit back', act: () => asked.remove(edits.length - 1) },
    {
      key: 's',
      does: 'Fold as they are, or re-decide',
      act: () => setMode(mode === 'as_it_is' ? 'decide_again' : 'as_it_is'),
    },
    { key: 'd', does: 'First difference', act: asked.toDivergence },
    { key: 'r', does: 'Next refused command', act: asked.toNextRefusal },
    { key: 'y', does: 'Copy link', act: () => void copyLink() },
    { key: 'Escape', does: 'Back to the timeline', act: () => back(asked.base) },
  ])
}

function back(base: Base): void {
  if (base.from === 'server') goBack(cartPath(base.cart))
  else goBack('file', withEdits(place.get().fragment, []))
}
