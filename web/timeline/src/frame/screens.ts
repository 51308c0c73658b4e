/** All screens there are, in the order of the rail. */
import type { ComponentType } from 'react'

export interface Screen {
  readonly name: 'carts' | 'timeline' | 'whatif' | 'file' | 'pipeline' | 'letters' | 'replays'
  /** In the rail. */
  readonly word: string
  /** Of the address below `BASE`. */
  readonly matches: RegExp
  /** Where the rail leads; null for a screen that needs a cart first, which is reached from it. */
  readonly path: string | null
  readonly load: () => Promise<{ default: ComponentType }>
}

/** Where carts are looked for: the query `q` is what somebody typed. */
export const CARTS = ''

/** Where one cart's life is. */
export function cartPath(cart: string): string {
  return `cart/${encodeURIComponent(cart)}`
}

export const SCREENS: readonly Screen[] = [
  { name: 'carts', word: 'Carts', matches: /^$/, path: CARTS, load: () => import('../carts/Carts') },
  {
    name: 'timeline',
    word: 'Timeline',
    matches: /^cart\/[^/]+$/,
    path: null,
    load: () => import('../timeline/Timeline'),
  },
  {
    name: 'whatif',
    word: 'What-if',
    matches: /^whatif(\/[^/]+)?$/,
    path: 'whatif',
    load: () => import('../whatif/WhatIf'),
  },
  {
    name: 'pipeline',
    word: 'Pipeline',
    matches: /^pipeline$/,
    path: 'pipeline',
    load: () => import('../pipeline/Pipeline'),
  },
  {
    name: 'letters',
    word: 'Dead letters',
    matches: /^letters$/,
    path: 'letters',
    load: () => import('../letters/Letters'),
  },
  {
    name: 'replays',
    word: 'Replays',
    matches: /^replays(\/[^/]+)?$/,
    path: 'replays',
    load: () => import('../replays/Replays'),
  },
  {
    name: 'file',
    word: 'File',
    matches: /^file$/,
    path: 'file',
    load: () => import('../files/FileScreen'),
  },
]
