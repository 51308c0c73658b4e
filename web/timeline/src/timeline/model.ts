/** What the timeline's parts share: where one is, what there is, and how to go elsewhere. All of it stands in the address. */
import { createContext, useContext } from 'react'
import type { Clock } from '../clock/zone'
import type { History, Known } from '../history/history'
import type { Rows } from '../history/rows'
import type { Axis } from './band/axis'
import type { Places } from './places'
import type { Refusal, Refusals } from './refusals'

export type Pin = 'a' | 'b'

export interface Model {
  readonly history: History
  readonly rows: Rows
  readonly known: Known
  readonly refusals: Refusals
  readonly clock: Clock
  /** The history is a server's; one from a file was refused nothing, and is delivered nowhere. */
  readonly remote: boolean

  /** Everything that passes the filter. */
  readonly places: Places
  /** Where one stands; -1 before the first event. */
  readonly place: number
  readonly version: number
  readonly refusal: Refusal | null
  goPlace(place: number): void
  goVersion(version: number): void

  readonly pins: Readonly<Record<Pin, number | null>>
  pin(pin: Pin, version: number | null): void

  readonly filter: string
  setFilter(filter: string): void
  /** Versions that pass; null for all. */
  readonly passing: Uint32Array | null
  readonly filtering: boolean

  /** JSON Pointer of the field that was picked. */
  readonly field: string | null
  setField(field: string | null): void
  /** To the next or previous event that changed the picked field. */
  goTurn(step: 1 | -1): void

  /** Whether references to persons are shown. */
  readonly shown: boolean
  show(shown: boolean): void

  readonly axis: Axis
  readonly byTime: boolean
  setByTime(byTime: boolean): void
  /** The part of the axis in detail, from 0 to 1. */
  readonly view: readonly [from: number, to: number]
  setView(from: number, to: number): void

  readonly following: boolean
  follow(on: boolean): void
}

export const ModelContext = createContext<Model | null>(null)

export function useModel(): Model {
  const model = useContext(ModelContext)
  if (!model) throw new Error('this part stands outside of the timeline')
  return model
}
