/**
 * The cart that a page holds. It wires: the session decides, the keeper stores, and by its way to the server it sends and
 * listens. No rule of the domain is here.
 */

import { cannotStart, type Found, inTime, look, rules } from './beginning.js'
import type { Core, CoreSession, Dispatched } from './core.js'
import { EARLY_MAX, early } from './early.js'
import { environment } from './environment.js'
import { asCartError, CartError, misuse, quietly } from './errors.js'
import { type Keeper, keeper } from './keeper.js'
import { type Link, request } from './link.js'
import { type Pricing, pricing } from './pricing.js'
import { settlements } from './settlements.js'
import { shown } from './shown.js'
import { connection, refusal } from './snapshot.js'
import { indexedDBStorage } from './storage.js'
import { freshToken, hashOf } from './token.js'
import type { Cart, CartOptions, DispatchResult, Outcome, Timeline } from './types.js'
import { undo } from './undo.js'
import { type Way, way } from './way.js'

const TIMEOUT_MS = 15_000

/** With a `core` it decides at once, unless there is a storage to read first. */
export function client(
  options: CartOptions,
  load: () => Promise<Core>,
  core: Core | null,
  openTimeline: (packed: Uint8Array) => Promise<Timeline>,
  loads = 1,
): Cart {
  const { id, open, principal = '', transport, catalogue, timeoutMs = TIMEOUT_MS } = options
  const env = environment(options.environment)
  const stopping = new AbortController()
  const stopped = stopping.signal
  const context = { cart: id, token: options.token ?? null }
  const storages = options.storage === undefined ? env.indexedDB && indexedDBStorage(env.indexedDB) : options.storage
  const settling = settlements()
  const undoing = undo()
  const waiting = early()
  let link: Link | null = null
  let prices: Pricing | null = null
  let saving: Keeper | null = null
  let going: Way | null = null
  /** Something is known of the cart, or that there is none: before that nothing can be decided. */
  let heard = false

  const showing = shown(options, env, stopped, storages ? 'saved' : 'memory', (session) => {
    for (const { id: settled, outcome } of settling.take(session)) {
      if (outcome.outcome !== 'refused') continue
      prices?.hear(outcome.refusal.code)
      // Somebody else opened it: that is as good.
      if (settled === id && open) session.discard(id)
    }
  })
  const { say, getSnapshot } = showing

  /** Does what follows from a change: stores, sends, fetches. */
  const act = (): void => {
    showing.changed()
    if (stopped.aborted) return
    saving?.save()
    going?.act()
  }

  const loading = rules(load, loads, env, stopped, (error, retryAt) =>
    say({ connection: { state: 'loading', retryAt, error } }),
  )

  /** Loads, reads what is stored, and joins the other tabs. */
  const start = async (): Promise<void> => {
    const fails = (storageError: CartError) => say({ storageError })
    const looking = look(storages, options, fails)
    let session: CoreSession
    try {
      const core = await loading.load()
      const late = (found: Found) => {
        say({ storageError: null })
        restore(found)
      }
      const found = await inTime(looking, env, stopped, fails, late)
      if (stopped.aborted) return
      session = begin(core)
      if (found) restore(found)
    } catch (thrown) {
      const error = cannotStart(thrown)
      say({ connection: { ...connection('loading'), error } })
      throw error
    }
    if (open && !session.snapshot().cart) {
      context.token ??= freshToken()
      openIt(await hashOf(context.token))
    }
    if (session.snapshot().cart) decideEarly()
    join()
  }

  const begin = (core: Core): CoreSession => {
    if (link) return link.session
    const newSession = () => core.session(id)
    const session = misuse(newSession)
    link = { session, newSession, transport, env, context, timeoutMs, stopped }
    showing.begin(session)
    if (catalogue) session.setCatalogue(catalogue)
    if (catalogue === undefined) prices = pricing(link, act)
    say({ connection: connection('connecting') })
    return session
  }

  const restore = ({ storage, stored, token, catalogue }: Found): void => {
    const session = expectSession()
    context.token ??= token
    prices?.restore(storage, catalogue)
    // Damaged bytes are no loss: the server has the events.
    quietly(() => stored.history && session.confirmPacked(stored.history))
    try {
      session.merge(stored.rows, stored.settledThrough)
    } catch (thrown) {
      const doing = 'what is stored cannot be read; new commands live in memory'
      say({ storageError: asCartError(thrown, 'storage_failed', doing) })
      return
    }
    saving = keeper(storage, session, env, {
      wrote: () => going?.wrote(),
      read: act,
      stands(storageError) {
        say({ storageError })
        // What the others cannot see, this tab sends itself.
        if (storageError) going?.lead()
      },
    })
    say({})
  }

  /** Opens a cart that is this page's to open. Its id names the command, so it is opened once whoever does it. */
  const openIt = (token_hash?: string): void => {
    const data = { ...(open === true ? {} : open), ...(token_hash && { token_hash }) }
    misuse(() => expectSession().dispatch({ type: 'OpenCart', data }, id, env.now()))
    heard = true
    say({})
  }

  const decideEarly = (): void => {
    heard = true
    waiting.end((command, id) => outcomeOf(id, expectSession().dispatch(command, id, env.now())))
    say({})
  }

  const join = (): void => {
    if (!link || stopped.aborted) return
    going = way(link, showing, {
      name: `tillroll-cart ${JSON.stringify([principal, id])}`,
      alone: !saving || !storages?.shared,
      prices,
      keeper: () => saving,
      heard: () => heard || decideEarly(),
      act,
    })
    going.join()
  }

  const expectOpen = (): void => {
    if (stopped.aborted) throw new CartError('closed', `cart ${id} was closed: open it again`)
  }

  const expectSession = (): CoreSession => {
    if (link) return link.session
    throw new CartError('not_ready', 'the cart is not ready yet: await cart.ready')
  }

  const resultOf = (id: string, dispatched: Dispatched): DispatchResult => ({
    id,
    status: dispatched.status,
    refusal: dispatched.status === 'refused' ? refusal(dispatched.code, '', dispatched.details) : null,
    confirmed: outcomeOf(id, dispatched),
  })

  /** What becomes of a command in the end, from what came of it at once. */
  const outcomeOf = async (id: string, dispatched: Dispatched): Promise<Outcome> => {
    switch (dispatched.status) {
      case 'applied':
        return settling.wait(id)
      case 'again':
        return settling.waitUnlessOver(id, expectSession().snapshot())
      case 'noop':
        return { outcome: 'noop', version: null }
      case 'refused':
        return { outcome: 'refused', refusal: refusal(dispatched.code, '', dispatched.details) }
      case 'queue_full':
      case 'update_needed':
      case 'unknown':
        return { outcome: 'not_taken' }
      default:
        return dispatched satisfies never
    }
  }

  if (core) {
    begin(core)
    if (open && !storages) openIt()
  }
  const ready = start()
  // Who does not wait for it finds the error in the snapshot.
  ready.catch(() => {})

  const cart: Cart = {
    id,
    ready,
    subscribe: showing.subscribe,
    getSnapshot,
    getServerSnapshot: showing.getServerSnapshot,
    dispatch(command, { id = env.uuid() } = {}) {
      expectOpen()
      if (!link || !heard) {
        if (waiting.isFull()) return resultOf(id, { status: 'queue_full', max: EARLY_MAX })
        return { id, status: 'queued', refusal: null, confirmed: waiting.add(command, id) }
      }
      const { session } = link
      const before = undoing.before(command, getSnapshot())
      const dispatched = misuse(() => session.dispatch(command, id, env.now()))
      if (dispatched.status === 'applied') undoing.remember(id, before)
      const result = resultOf(id, dispatched)
      act()
      return result
    },
    retry(id) {
      expectOpen()
      const dispatched = misuse((): Dispatched => link?.session.retry(id, env.now()) ?? { status: 'unknown' })
      const result = resultOf(id, dispatched)
      act()
      if (dispatched.status === 'again') cart.reconnect()
      return result
    },
    discard(id) {
      expectOpen()
      if (waiting.discard(id)) return 'discarded'
      const said = misuse(() => link?.session.discard(id)) ?? 'unknown'
      act()
      return said
    },
    undo(id) {
      const discarded = cart.discard(id)
      if (discarded === 'discarded') return { status: discarded }
      const opposite = undoing.opposite(id, getSnapshot())
      if (!opposite) return { status: discarded === 'sent' || settling.knows(id) ? 'not_undoable' : 'unknown' }
      return { status: 'dispatched', result: cart.dispatch(opposite) }
    },
    onSettled: settling.listen,
    settled: (afterNth = 0) => settling.after(afterNth),
    at: (version) => expectSession().at(version),
    diff: (from, to) => expectSession().diff(from, to),
    history: ({ from = 1, to = Number.MAX_SAFE_INTEGER } = {}) => expectSession().events(Math.max(from, 1), to),
    timeline: async () => openTimeline(cart.exportPacked()),
    exportPacked: () => expectSession().history(0),
    async exportTimeline() {
      expectSession()
      const to = link as Link
      const { timelineFile } = await import('./timeline-file.js')
      const known = {
        exportedAt: env.now(),
        snapshot: getSnapshot(),
        settled: settling.after(0),
        commandOf: undoing.commandOf,
        page: (after: number) => request(to, (context) => transport.page(after, context, 'json')),
        packed: cart.exportPacked,
        openTimeline,
        history: () => cart.history(),
      }
      return timelineFile(known).catch((thrown) => {
        throw asCartError(thrown, 'unreachable', 'there is no event to export')
      })
    },
    setCatalogue(catalogue) {
      misuse(() => expectSession().setCatalogue(catalogue))
      act()
    },
    reconnect() {
      if (stopped.aborted) return
      loading.wake()
      if (going) return going.reconnect()
      prices?.ask()
      say({})
    },
    async close() {
      if (stopped.aborted) return
      stopping.abort(new CartError('closed', 'the cart was closed'))
      await saving?.close().catch(() => {})
      going?.close()
      waiting.end(() => ({ outcome: 'closed' }))
      settling.close()
      getSnapshot()
      say({})
    },
  }
  return cart
}
