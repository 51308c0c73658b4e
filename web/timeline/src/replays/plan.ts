/** What somebody fills in, and what of it can be asked for; no drawing. */
import { parseMoment, type Zone } from '../clock/zone'
import { SUBSCRIPTIONS, type Subscription } from '../watch/words'
import type { Asked } from './wire'

export type Kind = 'new' | 'live' | 'carts' | 'back'

export interface Draft {
  readonly subscription: Subscription
  readonly kind: Kind
  readonly carts: string
  readonly types: readonly string[]
  readonly from: string
  readonly to: string
  readonly rate: string
}

export const EMPTY: Draft = {
  subscription: SUBSCRIPTIONS[0],
  kind: 'new',
  carts: '',
  types: [],
  from: '',
  to: '',
  rate: '',
}
const CARTS_MAX = 100
const RATE_MAX = 1_000_000

/** The request, or why there is none. Moments are as the chosen zone has them. */
export function requested(
  draft: Draft,
  zone: Zone,
  now: number,
): { readonly asked: Asked } | { readonly wrong: string } {
  const { subscription, kind, types } = draft
  const rate = draft.rate.trim() === '' ? undefined : Number(draft.rate)
  if (rate !== undefined && !(Number.isInteger(rate) && rate >= 1 && rate <= RATE_MAX)) {
    return { wrong: 'A rate is a whole number of events a second, from 1.' }
  }
  const paced = rate === undefined ? {} : { rate }
  switch (kind) {
    case 'back':
      return { asked: { subscription, rollback: true, ...paced } }
    case 'carts': {
      const carts = [
        ...new Set(
          draft.carts
            .toLowerCase()
            .split(/[\s,;]+/)
            .filter(Boolean),
        ),
      ]
      if (carts.length === 0 || carts.length > CARTS_MAX) return { wrong: `Name 1 to ${CARTS_MAX} carts by their ids.` }
      return { asked: { subscription, carts } }
    }
    case 'new':
    case 'live': {
      const [from, to] = [draft.from, draft.to].map((typed) =>
        typed.trim() === '' ? null : parseMoment(typed, zone, now),
      )
      if (from === undefined || to === undefined)
        return { wrong: 'A moment is written as 2026-03-02 09:14, or 09:14 of today.' }
      if (from != null && to != null && from > to) return { wrong: 'The range ends before it begins.' }
      return {
        asked: {
          subscription,
          ...(kind === 'live' ? { in_place: true as const } : {}),
          ...(types.length > 0 ? { types } : {}),
          ...(from == null ? {} : { from: new Date(from).toISOString() }),
          ...(to == null ? {} : { to: new Date(to).toISOString() }),
          ...paced,
        },
      }
    }
    default:
      return kind satisfies never
  }
}
