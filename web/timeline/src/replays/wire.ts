/** Replays as the API takes and gives them (docs/openapi.json: `ReplayRequest`, `Estimate`, `RunPage`). */
import type { Filter, Run } from '../watch/wire'
import type { Subscription } from '../watch/words'

export interface RunPage {
  readonly replays: readonly Run[]
  readonly generations: Readonly<Record<string, Generations>>
}

export interface Generations {
  readonly live: number
  readonly filling: number | null
  readonly previous: number | null
  readonly filters: Readonly<Record<string, Filter>>
}

/** What is asked for: the body of `POST /replays`. */
export interface Asked {
  readonly subscription: Subscription
  readonly in_place?: true
  readonly rollback?: true
  readonly carts?: readonly string[]
  readonly types?: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly rate?: number
}

export interface Estimate {
  readonly target: Run['target']
  readonly carts_count: number
  readonly carts_are_more: boolean
  readonly events: number
  readonly events_skipped: number
  readonly by_type: Readonly<Record<string, number>>
  readonly messages: number
  readonly objects: number
  readonly complete: boolean
  readonly seconds: number
  readonly seconds_from: 'rate' | 'assumption' | { readonly run: string }
  readonly cost: { readonly micro_usd: number; readonly prices: string }
}
