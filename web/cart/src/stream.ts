/**
 * Keeps the confirmed events coming: pages for what is missing, then the stream, and again after each end. Looks whether
 * both sides make the same cart of them.
 */

import { backoff, pause } from './backoff.js'
import type { CoreSession } from './core.js'
import { asCartError, CartError } from './errors.js'
import { control, type Link, request } from './link.js'
import { connection } from './snapshot.js'
import type { Connection } from './types.js'

/** What a stream tells. */
export interface StreamEvents {
  /** The session may have changed. */
  changed(): void
  /** Events arrived: other tabs want them. */
  arrived(events: readonly unknown[]): void
  /** How the connection stands. */
  stands(connection: Connection): void
  /** Whether the server has no such cart for this caller. */
  missing(missing: boolean): void
  /** Whether the cart is yet to be opened by this page: before that there is nothing to ask for. */
  isOpening(): boolean
}

/** Most pages in a row: a cart's 10,000 events, a hundred at a time, and then some. */
const PAGES_MAX = 1_000

/** A stream that stood this long was a good one: the next wait is short again. */
const GOOD_MS = 5_000

export interface Stream {
  /** Follows the cart until it is closed. Called once. */
  follow(): Promise<void>
  /** Tries at once. */
  wake(): void
  /** Begins, where it waited for the cart to be opened. */
  begin(): void
  /** Fetches what is missing until it is there. `always`: also when nothing is known to be missing. */
  need(always?: boolean): void
  /** Takes events, from the stream or from another tab. */
  take(events: readonly unknown[]): void
  /** Fetches everything anew when both sides disagree, once for each version at which they do. */
  agree(): Promise<void>
}

export function stream(link: Link, tell: StreamEvents): Stream {
  const { session, newSession, env, transport, stopped } = link
  const between = pause(env, stopped)
  const opening = pause(env, stopped)
  let failures = 0
  let catchingUp: Promise<void> | null = null
  let rebuiltFor = 0
  let needing = false
  let needsPage = false
  let needFailures = 0

  const follow = async (): Promise<void> => {
    while (!stopped.aborted) {
      tell.stands(connection('connecting'))
      if (tell.isOpening()) await opening.wait()
      if (stopped.aborted) return
      let error: CartError | null = null
      try {
        await catchUp()
        await listen()
      } catch (thrown) {
        error = asCartError(thrown, 'unreachable', 'the events of the cart could not be fetched')
      }
      const missing = isMissing(error)
      if (missing) tell.missing(true)
      if (stopped.aborted) return
      // A stream that ended in good order is opened again at once, more or less.
      const pauseMs = backoff(error ? failures++ : 0, env.random, askedBy(error))
      tell.stands({
        state: env.isOnline() ? 'waiting' : 'offline',
        retryAt: env.now() + pauseMs,
        // That there is no cart yet is no failure of the connection.
        error: missing ? null : error,
      })
      await between.wait(pauseMs)
    }
  }

  /** Fetches what is new, once for all who ask. */
  const catchUp = (): Promise<void> => {
    catchingUp ??= fetchInto(session)
      .then(() => {
        tell.missing(false)
        tell.changed()
      })
      .finally(() => {
        catchingUp = null
      })
    return catchingUp
  }

  const need = (always = false): void => {
    needsPage ||= always
    if (needing || stopped.aborted || tell.isOpening()) return
    if (!needsPage && session.missing === undefined) return
    needing = true
    const over = (pauseMs: number) => {
      env.later(pauseMs, () => {
        needing = false
        need()
      })
    }
    catchUp().then(
      () => {
        needsPage = false
        needFailures = 0
        over(0)
      },
      (thrown) => {
        // Where there is no cart yet, its first event will tell.
        needsPage &&= !isMissing(thrown)
        over(backoff(needFailures++, env.random))
      },
    )
  }

  const take = (events: readonly unknown[]): void => {
    const { applied, missing_after } = readable(() => session.confirm(events))
    tell.missing(false)
    if (applied > 0) tell.changed()
    if (missing_after !== null) need()
  }

  const listen = async (): Promise<void> => {
    const [listening, over] = control(stopped)
    let openedAt = Number.POSITIVE_INFINITY
    const heard = (events: readonly unknown[]) => {
      if (listening.signal.aborted) return
      take(events)
      tell.arrived(events)
    }
    try {
      const after = session.snapshot().sync.confirmed_version
      await transport.open(after, { ...link.context, signal: listening.signal }, heard, () => {
        openedAt = env.now()
        tell.missing(false)
        tell.stands(connection('live'))
      })
    } finally {
      over()
      if (env.now() - openedAt >= GOOD_MS) failures = 0
    }
  }

  const fetchInto = async (into: CoreSession): Promise<void> => {
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const after = into.snapshot().sync.confirmed_version
      const page = await request(link, (context) => transport.page(after, context))
      const { applied } = readable(() =>
        'packed' in page ? into.confirmPacked(page.packed) : into.confirm(page.events),
      )
      if (applied > 0 && into === session) tell.changed()
      if (!page.more) return
      if (applied === 0) throw new CartError('malformed_reply', 'a page of events does not follow the one before it')
    }
  }

  const agree = async (): Promise<void> => {
    const { diverged } = session.snapshot().sync
    if (!diverged || diverged.rebuilt || diverged.version === rebuiltFor) return
    rebuiltFor = diverged.version
    const anew = newSession()
    try {
      await fetchInto(anew)
      session.rebuild([anew.history(0)])
      tell.changed()
    } catch {
      rebuiltFor = 0
    } finally {
      anew.free()
    }
  }

  return { follow, wake: between.end, begin: () => tell.isOpening() || opening.end(), need, take, agree }
}

/** What the core cannot read is the server's fault. */
function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    throw asCartError(thrown, 'malformed_reply', 'the events that arrived cannot be read')
  }
}

/** What the server said beside an error. */
type Told = { readonly details?: { readonly code?: unknown; readonly retryAfterMs?: unknown } | null } | null

function isMissing(thrown: unknown): boolean {
  return (
    thrown instanceof CartError && thrown.code === 'turned_away' && (thrown as Told)?.details?.code === 'cart_not_found'
  )
}

function askedBy(error: CartError | null): number {
  const asked = (error as Told)?.details?.retryAfterMs
  return typeof asked === 'number' ? asked : 0
}
