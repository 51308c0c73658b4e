/** What operators look at, as the API gives it (docs/openapi.json). */
import type { Subscription } from './words'

export interface Pipeline {
  readonly stages: readonly Stage[]
  readonly dead_letters: readonly { readonly subscription: Subscription; readonly messages: number }[]
  readonly projections: readonly Projected[]
  readonly tampered: number
  /** How far the stages were behind, oldest first, as far as the host keeps it. */
  readonly lags?: readonly LagSample[]
  readonly parked: readonly ParkedCart[]
  readonly reconciliation: Reconciliation | null
  readonly replays: readonly Run[]
}

/** At worst, within one stretch of time; one number for each of the stages. */
export interface LagSample {
  readonly at: string
  readonly span_ms: number
  readonly lag_events: readonly number[]
  readonly lag_ms: readonly number[]
}

export interface Stage {
  /** `publish`, `archive`, `project carts`, `replay carts`. */
  readonly name: string
  readonly state: 'idle' | 'running' | 'retrying' | 'stalled' | 'stopped'
  readonly lag_events: number
  readonly lag_ms: number
  readonly since?: string
  readonly rates?: { readonly in_per_minute: number; readonly out_per_minute: number }
  readonly last_error?: string
}

export interface Projected {
  readonly subscription: Subscription
  readonly applied: number
  readonly gaps_filled: number
  readonly duplicates: number
  readonly parked: number
  readonly held: number
  readonly foreign: number
  readonly unreadable: number
  readonly gone: number
}

export interface Reconciliation {
  readonly finished_at: string | null
  readonly ok: boolean
  readonly carts: number
  readonly events: number
  readonly findings_total: number
}

export interface ParkedCart {
  readonly subscription: Subscription
  readonly generation: number
  readonly cart_id: string
  readonly version: number
  readonly event_id: string | null
  readonly reason: string
  readonly build: string
  readonly since: string | null
}

export interface Operation {
  readonly id: string
  readonly kind: 'redrive' | 'resume' | 'repair' | 'disclose'
  readonly at: string
  readonly by: string | null
  readonly reason: string
  readonly subject: unknown
  readonly outcome: unknown
}

export interface Filter {
  readonly types?: readonly string[]
  readonly from?: string
  readonly to?: string
}

export type Phase =
  | 'planning'
  | 'sending'
  | 'draining'
  | 'catching_up'
  | 'rebuilding'
  | 'switching'
  | 'clearing'
  | 'finished'
  | 'cancelled'

export interface Run {
  readonly id: string
  readonly subscription: Subscription
  readonly target: 'new_generation' | 'live_generation' | 'previous_generation' | 'carts'
  readonly filter?: Filter
  readonly carts?: readonly string[]
  readonly rate: number | null
  readonly phase: Phase
  readonly generation: number | null
  readonly events_sent: number
  readonly events_skipped: number
  readonly messages_sent: number
  readonly objects_done: number
  readonly objects_total: number | null
  readonly carts_filled: number
  readonly carts_rebuilt: number
  readonly started_at: string
  readonly paused_at: string | null
  readonly paused_ms: number
  readonly finished_at: string | null
  readonly error: string | null
  readonly events_per_second: number | null
  readonly seconds_left: number | null
}
