/**
 * Keeps the confirmed events coming: pages for what is missing, then the stream, and again after each end. Looks whether
 * both sides make the same cart of them.
 */

import { backoff, Pause } from './backoff.js'
import type { CoreSession } from './core.js'
import { asCartError, CartError } from './errors.js'
import { type Link, request } from './link.js'
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

export class Stream {
  #running = false
  #failures = 0
  #catchingUp: Promise<void> | null = null
  #rebuiltFor = 0
  #needing = false
  #needsPage = false
  #needFailures = 0

  readonly #between = new Pause()
  readonly #opening = new Pause()
  readonly #link: Link
  readonly #newSession: () => CoreSession
  readonly #tell: StreamEvents

  constructor(link: Link, newSession: () => CoreSession, tell: StreamEvents) {
    this.#link = link
    this.#newSession = newSession
    this.#tell = tell
  }

  /** Follows the cart until the end of the signal. */
  async follow(): Promise<void> {
    if (this.#running) return
    this.#running = true
    while (!this.#link.stopped.aborted) {
      this.#tell.stands({ state: 'connecting', retryAt: null, error: null })
      if (this.#tell.isOpening()) await this.#opening.wait(this.#link.env, this.#link.stopped)
      if (this.#link.stopped.aborted) break
      let askedMs = 0
      let error: CartError | null = null
      try {
        await this.#catchUp()
        await this.#listen()
      } catch (thrown) {
        error = asCartError(thrown, 'unreachable', 'the events of the cart could not be fetched')
        askedMs = askedBy(error)
        if (isMissing(error)) this.#tell.missing(true)
      }
      if (this.#link.stopped.aborted) break
      // A stream that ended in good order is opened again at once, more or less.
      const pauseMs = backoff(error ? this.#failures++ : 0, this.#link.env.random, askedMs)
      const online = this.#link.env.isOnline()
      const retryAt = this.#link.env.now() + pauseMs
      // That there is no cart yet is no failure of the connection.
      const shown = error && isMissing(error) ? null : error
      this.#tell.stands({ state: online ? 'waiting' : 'offline', retryAt, error: shown })
      await this.#between.wait(this.#link.env, this.#link.stopped, pauseMs)
    }
    this.#running = false
  }

  /** Tries at once. */
  wake(): void {
    this.#between.end()
  }

  /** Begins, where it waited for the cart to be opened. */
  begin(): void {
    if (!this.#tell.isOpening()) this.#opening.end()
  }

  /** Fetches what is new, once for all who ask. */
  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#fetchPages().finally(() => {
      this.#catchingUp = null
    })
    return this.#catchingUp
  }

  /** Fetches what is missing until it is there. `always`: also when nothing is known to be missing. */
  need(always = false): void {
    this.#needsPage ||= always
    if (this.#needing || this.#link.stopped.aborted || this.#tell.isOpening()) return
    if (!this.#needsPage && this.#link.session.missing === undefined) return
    this.#needing = true
    const over = (pauseMs: number) => {
      this.#link.env.later(pauseMs, () => {
        this.#needing = false
        this.need()
      })
    }
    this.#catchUp().then(
      () => {
        this.#needsPage = false
        this.#needFailures = 0
        over(0)
      },
      (thrown) => {
        // Where there is no cart yet, its first event will tell.
        this.#needsPage &&= !isMissing(asCartError(thrown, 'unreachable', ''))
        over(backoff(this.#needFailures++, this.#link.env.random))
      },
    )
  }

  /** Takes events, from the stream or from another tab. */
  take(events: readonly unknown[]): void {
    const { applied, missing_after } = readable(() => this.#link.session.confirm(events))
    this.#tell.missing(false)
    if (applied > 0) this.#tell.changed()
    if (missing_after !== null) this.need()
  }

  /** Fetches everything anew when both sides disagree, once for each version at which they do. */
  async agree(): Promise<void> {
    const { diverged } = this.#link.session.snapshot().sync
    if (!diverged || diverged.rebuilt || diverged.version === this.#rebuiltFor) return
    this.#rebuiltFor = diverged.version
    const anew = this.#newSession()
    try {
      await this.#fetchInto(anew)
      this.#link.session.rebuild([anew.history(0)])
      this.#tell.changed()
    } catch {
      this.#rebuiltFor = 0
    } finally {
      anew.free()
    }
  }

  async #listen(): Promise<void> {
    const control = new AbortController()
    const stop = () => control.abort()
    this.#link.stopped.addEventListener('abort', stop)
    let openedAt = Number.POSITIVE_INFINITY
    const take = (events: readonly unknown[]) => {
      if (control.signal.aborted) return
      this.take(events)
      this.#tell.arrived(events)
    }
    try {
      const after = this.#link.session.snapshot().sync.confirmed_version
      await this.#link.transport.open(after, { ...this.#link.context, signal: control.signal }, take, () => {
        openedAt = this.#link.env.now()
        this.#tell.missing(false)
        this.#tell.stands({ state: 'live', retryAt: null, error: null })
      })
    } finally {
      control.abort()
      this.#link.stopped.removeEventListener('abort', stop)
      if (this.#link.env.now() - openedAt >= GOOD_MS) this.#failures = 0
    }
  }

  async #fetchPages(): Promise<void> {
    await this.#fetchInto(this.#link.session)
    this.#tell.missing(false)
    this.#tell.changed()
  }

  async #fetchInto(session: CoreSession): Promise<void> {
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const after = session.snapshot().sync.confirmed_version
      const page = await request(this.#link, (context) => this.#link.transport.page(after, context))
      const { applied } = readable(() =>
        'packed' in page ? session.confirmPacked(page.packed) : session.confirm(page.events),
      )
      if (applied > 0 && session === this.#link.session) this.#tell.changed()
      if (!page.more) return
      if (applied === 0) throw new CartError('malformed_reply', 'a page of events does not follow the one before it')
    }
  }
}

/** What the core cannot read is the server's fault. */
function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    throw asCartError(thrown, 'malformed_reply', 'the events that arrived cannot be read')
  }
}

function isMissing({ code, details }: CartError): boolean {
  return code === 'turned_away' && (details as { code?: unknown } | null)?.code === 'cart_not_found'
}

function askedBy({ details }: CartError): number {
  const { retryAfterMs } = (details ?? {}) as { retryAfterMs?: unknown }
  return typeof retryAfterMs === 'number' ? retryAfterMs : 0
}
