/** Dead letters as the API gives them (docs/openapi.json: `DeadLetterPage`, `DeadLetter`, `Redriven`). */
import type { Operation } from '../watch/wire'

export interface LetterPage {
  readonly dead_letters: readonly Head[]
  readonly cursor: string | null
}

export interface Head {
  readonly id: string
  readonly subscription: string
  readonly sent_at: string | null
  readonly given_up_at: string
  readonly receive_count: number
  readonly reason: string
  readonly run?: string
  readonly generation?: number
  readonly events?: number
  readonly carts?: number
  /** The first ten. */
  readonly cart_ids?: readonly string[]
  readonly first_version?: number | null
  readonly last_version?: number | null
}

export interface Letter extends Head {
  readonly dry_run: DryRun
  readonly queue_depth: number
  readonly ordering: string
  readonly message?: unknown
  readonly text?: string
}

export interface DryRun {
  readonly would_succeed: boolean
  readonly effect: Effect
  readonly reason?: string
  readonly carts: readonly Outlook[]
}

export type Effect = 'applies' | 'rebuilds' | 'nothing' | 'parks' | 'generation_gone' | 'unreadable'

export interface Outlook {
  readonly cart_id: string
  readonly first_version: number
  readonly last_version: number
  readonly applied_version: number
  readonly outlook: 'applied' | 'filled' | 'already_applied' | 'parked' | 'held'
  readonly reason?: string
}

export interface Redriven {
  readonly redriven: readonly string[]
  readonly left: number
  readonly operation: Operation
}

/** Which letters a redrive is of, as the API takes it. */
export type Which = { readonly ids: readonly string[] } | { readonly subscription: string } | { readonly all: true }

/** What would become of a message now, in words. */
export const EFFECTS = {
  applies: 'It would be applied',
  rebuilds: 'Its carts would be folded anew from the event table',
  nothing: 'It would do nothing: all of it is applied already',
  parks: 'A cart would be parked, or stay so',
  generation_gone: 'It would be acknowledged and that is all: its generation is not filled any more',
  unreadable: 'It would come back here: it is no message of ours',
} as const satisfies Record<Effect, string>

export const OUTLOOKS = {
  applied: 'applied as it is',
  filled: 'what is missing is read from the table, then applied',
  already_applied: 'applied already',
  parked: 'would be parked',
  held: 'is parked, and stays so',
} as const satisfies Record<Outlook['outlook'], string>
