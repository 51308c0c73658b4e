/** The colours of the page for what is drawn, in whichever theme holds. */
import { useStore } from '@tillroll/storefront/ui/store'
import { theme } from '@tillroll/storefront/ui/theme'
import { useMedia } from '@tillroll/storefront/ui/useMedia'
import { type RefObject, useLayoutEffect, useState } from 'react'
import { LANES, type Lane } from '../../history/kinds'

export interface Palette {
  readonly lanes: Readonly<Record<Lane, string>>
  readonly ink: string
  readonly faint: string
  readonly line: string
  readonly sunken: string
  readonly font: string
}

/** Null until the element is there; another one when the theme is. */
export function usePalette(within: RefObject<HTMLElement | null>): Palette | null {
  const [palette, setPalette] = useState<Palette | null>(null)
  const chosen = useStore(theme)
  const dark = useMedia('(prefers-color-scheme: dark)')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme decides what is read.
  useLayoutEffect(() => {
    if (within.current) setPalette(paletteOf(within.current))
  }, [within, chosen, dark])
  return palette
}

/** A canvas knows neither custom properties nor `light-dark()`: an element of the page resolves them. */
function paletteOf(element: HTMLElement): Palette {
  const probe = element.appendChild(document.createElement('i'))
  const colour = (name: string) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const lanes = Object.fromEntries(LANES.map((lane) => [lane, colour(`--lane-${lane}`)])) as Record<Lane, string>
  const made = {
    lanes,
    ink: colour('--ink'),
    faint: colour('--ink-2'),
    line: colour('--line'),
    sunken: colour('--sunken'),
    font: getComputedStyle(probe).fontFamily,
  }
  probe.remove()
  return made
}
