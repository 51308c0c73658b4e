/** The keys of the timeline. They are the sheet's list too. */
import { announce } from '@tillroll/storefront/ui/announce'
import type { RefObject } from 'react'
import { copyLink } from '../files/address'
import { CARTS } from '../frame/screens'
import { useKeys } from '../keys/keys'
import { copy } from '../ui/copy'
import { goBack } from '../url/location'
import { whatIf } from './Header'
import { useInspector } from './inspector/side'
import { FILTER_FIELD } from './list/FilterBox'
import type { Model } from './model'
import { nextRefusal, togglePin } from './Transport'
import { ticketText } from './ticket'
import type { usePlay } from './usePlay'
import { fit, zoom } from './zoom'

interface Keyed {
  readonly model: Model
  readonly play: ReturnType<typeof usePlay>
  readonly goTo: RefObject<HTMLInputElement | null>
  readonly narrow: boolean
  readonly open: (drawer: 'list' | 'inspector') => void
}

export function useTimelineKeys({ model, play, goTo, narrow, open }: Keyed): void {
  const [, setSide] = useInspector()
  const { places, place } = model
  const step = (by: number) => model.goPlace(Math.min(places.count - 1, Math.max(-1, place + by)))
  const toFilter = () => {
    if (narrow) open('list')
    setTimeout(() => document.getElementById(FILTER_FIELD)?.focus())
  }
  const toDiff = () => {
    if (narrow) open('inspector')
    setSide('diff')
  }
  useKeys('Timeline', [
    { key: 'ArrowLeft', does: 'Previous event', act: () => step(-1) },
    { key: 'ArrowRight', does: 'Next event', act: () => step(1) },
    { key: 'Shift+ArrowLeft', does: 'Previous change of the picked field', act: () => model.goTurn(-1) },
    { key: 'Shift+ArrowRight', does: 'Next change of the picked field', act: () => model.goTurn(1) },
    { key: 'Home', does: 'Before the first event', act: () => model.goPlace(-1) },
    { key: 'End', does: 'Last event', act: () => model.goPlace(places.count - 1) },
    { key: ' ', does: 'Play or pause', act: play.toggle },
    { key: '[', does: 'Pin A', act: () => togglePin(model, 'a') },
    { key: ']', does: 'Pin B', act: () => togglePin(model, 'b') },
    { key: 'd', does: 'Diff', act: toDiff },
    { key: '/', does: 'Filter', act: toFilter },
    { key: 'g', does: 'Go to a number or a time', act: () => goTo.current?.focus() },
    { key: 'r', does: 'Next refused command', act: () => nextRefusal(model) },
    { key: 'f', does: 'Show all of the band', act: () => fit(model) },
    { key: '+', does: 'Zoom in', act: () => zoom(model, 0.5) },
    { key: '-', does: 'Zoom out', act: () => zoom(model, 2) },
    { key: 'w', does: 'What if, from here', act: () => whatIf(model) },
    { key: 'l', does: 'Follow live', act: () => toggleLive(model) },
    { key: 'y', does: 'Copy link', act: () => void copyLink() },
    {
      key: 't',
      does: 'Copy as text for a ticket',
      act: () => void ticketText(model).then((text) => copy(text, 'Text')),
    },
    { key: 'Escape', does: 'Back to the carts', act: () => goBack(CARTS) },
  ])
}

function toggleLive({ known, following, follow }: Model): void {
  if (known.live === 'off') announce('This cart is not live: nothing more happens to it')
  else follow(!following)
}
