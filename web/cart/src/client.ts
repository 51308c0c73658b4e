/**
 * The cart that a page holds. It wires: the session decides, the keeper stores, the sender sends, the stream listens, the
 * tabs agree on who does. No rule of the domain is here.
 */

import { backoff, Pause } from './backoff.js'
import type { Core, CoreSession, Dispatched } from './core.js'
import { type Environment, environment } from './environment.js'
import { asCartError, CartError, misuse, quietly } from './errors.js'
import { Keeper } from './keeper.js'
import { type Link, request, within } from './link.js'
import { Pricing } from './pricing.js'
import { Sender } from './sender.js'
import { Settlements } from './settlements.js'
import { connection, refusal, view, viewOf } from './snapshot.js'
import { indexedDBStorage } from './storage.js'
import { Stream } from './stream.js'
import { type Message, Tabs } from './tabs.js'
import { freshToken, hashOf } from './token.js'
import type {
  Cart,
  CartOptions,
  CartStorage,
  Connection,
  DispatchResult,
  Outcome,
  QueueStorage,
  ServedCatalogue,
  Settlement,
  Snapshot,
  Stored,
  Timeline,
  UndoResult,
} from './types.js'
import { Undo } from './undo.js'
import type { CartState, Catalogue, Change, Command, PastEvent } from './wire.js'

const TIMEOUT_MS = 15_000
/** A storage that does not answer holds nothing up for longer. */
const STORAGE_TIMEOUT_MS = 3_000
/** Most commands that wait until they can be decided. */
const EARLY_MAX = 500

/** A command that was given before anything could be decided. */
interface Early {
  readonly command: Command
  readonly id: string
  readonly settle: (outcome: Outcome | Promise<Outcome>) => void
}

/** What is stored of the cart, when that is known. */
interface Found {
  readonly storage: CartStorage
  readonly stored: Stored
  readonly token: string | null
  readonly catalogue: ServedCatalogue | null
}

export class Client implements Cart {
  readonly id: string
  readonly ready: Promise<void>

  readonly #env: Environment
  readonly #storages: QueueStorage | null
  readonly #context: { cart: string; token: string | null }
  readonly #stopped = new AbortController()
  readonly #listeners = new Set<() => void>()
  readonly #settlements = new Settlements()
  readonly #undoing = new Undo()
  readonly #early: Early[] = []
  readonly #loading = new Pause()

  #core: Core | null = null
  #link: Link | null = null
  #session: CoreSession | null = null
  #keeper: Keeper | null = null
  #sender: Sender | null = null
  #stream: Stream | null = null
  #tabs: Tabs | null = null
  #leading = false
  #forgetWakes: (() => void) | null = null
  /** None when the page gives prices itself. */
  #pricing: Pricing | null = null

  #listening: Connection = connection('loading')
  #sendingError: { error: CartError; retryAt: number | null } | null = null
  #storageError: CartError | null = null
  #missing = false
  /** The browser says that there is no network, and no server was heard since: one on the same machine may be. */
  #cut = false
  /** Something is known of the cart, or that there is none: before that nothing can be decided. */
  #heard = false
  #snapshot: Snapshot
  readonly #rendered: Snapshot
  #stale = false
  #seen = -1

  readonly #options: CartOptions
  readonly #openTimeline: (packed: Uint8Array) => Promise<Timeline>

  /** With a `core` it decides at once, unless there is a storage to read first. */
  constructor(
    options: CartOptions,
    load: () => Promise<Core>,
    core: Core | null,
    openTimeline: (packed: Uint8Array) => Promise<Timeline>,
    loads = 1,
  ) {
    this.#options = options
    this.#openTimeline = openTimeline
    this.id = options.id
    this.#env = environment(options.environment)
    this.#context = { cart: options.id, token: options.token ?? null }
    this.#storages = options.storage === undefined ? this.#ownStorage() : options.storage
    this.#rendered = viewOf(null, options.initial ?? null, this.#around())
    this.#snapshot = this.#rendered
    if (core) {
      this.#begin(core)
      if (!this.#storages) this.#open()
    }
    this.ready = this.#start(() => this.#load(load, loads))
    // Who does not wait for it finds the error in the snapshot.
    this.ready.catch(() => {})
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    // Each its own, so that one function can be given twice.
    const own = () => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  readonly getSnapshot = (): Snapshot => {
    if (this.#stale) {
      this.#stale = false
      const raw = this.#session?.snapshot()
      const known = raw && (raw.cart || raw.sync.known_version > 0 || !this.#options.initial)
      this.#snapshot = known
        ? view(this.#snapshot, raw, this.#around())
        : viewOf(this.#snapshot, this.#options.initial ?? null, this.#around())
    }
    return this.#snapshot
  }

  readonly getServerSnapshot = (): Snapshot => this.#rendered

  readonly dispatch = (command: Command, { id = this.#env.uuid() }: { readonly id?: string } = {}): DispatchResult => {
    this.#expectOpen()
    if (!this.#session || !this.#heard) return this.#dispatchEarly(command, id)
    const before = this.#undoing.before(command, this.getSnapshot())
    const dispatched = misuse(() => this.#session?.dispatch(command, id, this.#env.now()))
    if (dispatched?.status === 'applied') this.#undoing.remember(id, before)
    const result = this.#resultOf(id, dispatched)
    this.#act()
    return result
  }

  readonly retry = (id: string): DispatchResult => {
    this.#expectOpen()
    const dispatched = misuse(() => this.#session?.retry(id, this.#env.now())) ?? { status: 'unknown' }
    const result = this.#resultOf(id, dispatched)
    this.#act()
    if (dispatched.status === 'again') this.reconnect()
    return result
  }

  readonly discard = (id: string): 'discarded' | 'sent' | 'unknown' => {
    this.#expectOpen()
    const waiting = this.#early.findIndex((early) => early.id === id)
    if (waiting >= 0) {
      for (const { settle } of this.#early.splice(waiting, 1)) settle({ outcome: 'discarded' })
      return 'discarded'
    }
    const said = misuse(() => this.#session?.discard(id)) ?? 'unknown'
    this.#act()
    return said
  }

  readonly undo = (id: string): UndoResult => {
    const discarded = this.discard(id)
    if (discarded === 'discarded') return { status: discarded }
    const opposite = this.#undoing.opposite(id, this.getSnapshot())
    if (!opposite) return { status: discarded === 'sent' || this.#settlements.knows(id) ? 'not_undoable' : 'unknown' }
    return { status: 'dispatched', result: this.dispatch(opposite) }
  }

  readonly onSettled = (listener: (settlement: Settlement) => void): (() => void) => this.#settlements.listen(listener)

  readonly settled = (afterNth = 0): readonly Settlement[] => this.#settlements.after(afterNth)

  readonly at = (version: number): CartState | null | undefined => this.#expectSession().at(version)

  readonly diff = (from: number, to: number): readonly Change[] | undefined => this.#expectSession().diff(from, to)

  readonly history = ({
    from = 1,
    to,
  }: {
    readonly from?: number
    readonly to?: number
  } = {}): readonly PastEvent[] => {
    const session = this.#expectSession()
    return session.events(Math.max(from, 1), to ?? Number.MAX_SAFE_INTEGER)
  }

  readonly timeline = async (): Promise<Timeline> => this.#openTimeline(this.exportPacked())

  readonly exportPacked = (): Uint8Array => this.#expectSession().history(0)

  readonly exportTimeline = async (): Promise<string> => {
    const link = this.#link
    if (!link) throw notReady()
    const { timelineFile } = await import('./timeline-file.js')
    const known = {
      exportedAt: this.#env.now(),
      snapshot: this.getSnapshot(),
      settled: this.settled(),
      commandOf: (id: string) => this.#undoing.commandOf(id),
      page: (after: number) => request(link, (context) => link.transport.page(after, context, 'json')),
      history: () => this.history(),
    }
    return timelineFile(known).catch((thrown) => {
      throw asCartError(thrown, 'unreachable', 'there is no event to export')
    })
  }

  readonly setCatalogue = (catalogue: Catalogue | null): void => {
    misuse(() => this.#expectSession().setCatalogue(catalogue))
    this.#act()
  }

  readonly reconnect = (): void => {
    if (this.#stopped.signal.aborted) return
    this.#cut = false
    this.#loading.end()
    this.#sender?.wake()
    this.#stream?.wake()
    if (!this.#leading) {
      this.#keeper?.read()
      this.#stream?.need(true)
      this.#tabs?.say({ about: 'wake' })
    }
    this.#pricing?.ask()
    this.#changed(true)
  }

  readonly close = async (): Promise<void> => {
    if (this.#stopped.signal.aborted) return
    this.#stopped.abort()
    this.#forgetWakes?.()
    await this.#keeper?.close().catch(() => {})
    this.#tabs?.close()
    for (const { settle } of this.#early.splice(0)) settle({ outcome: 'closed' })
    this.#settlements.close()
    this.getSnapshot()
    this.#changed(true)
  }

  /** Loads, reads what is stored, and begins. */
  async #start(load: () => Promise<Core>): Promise<void> {
    const looking = this.#look()
    try {
      const core = await load()
      const found = await this.#foundInTime(looking)
      if (this.#stopped.signal.aborted) return
      this.#begin(core)
      if (found) this.#restore(found)
    } catch (thrown) {
      this.#listening = {
        state: 'loading',
        retryAt: null,
        error: asCartError(thrown, 'wasm_failed', 'the cart cannot start'),
      }
      this.#changed(true)
      throw this.#listening.error
    }
    if (this.#options.open && !this.#expectSession().snapshot().cart) {
      this.#context.token ??= freshToken()
      this.#open(await hashOf(this.#context.token))
    }
    if (this.#expectSession().snapshot().cart) this.#decideEarly()
    this.#join()
  }

  /** Loads the rules, again and again where a page waits for them that shows something already. */
  async #load(load: () => Promise<Core>, loads: number): Promise<Core> {
    for (let failures = 0; ; failures++) {
      try {
        return await load()
      } catch (thrown) {
        if (failures + 1 >= loads || this.#stopped.signal.aborted) throw thrown
        const pauseMs = backoff(failures, this.#env.random)
        const error = asCartError(thrown, 'wasm_failed', 'the cart cannot start')
        this.#listening = { state: 'loading', retryAt: this.#env.now() + pauseMs, error }
        this.#changed(true)
        const forget = this.#env.onWake(() => this.#env.isOnline() && this.#loading.end())
        await this.#loading.wait(this.#env, this.#stopped.signal, pauseMs)
        forget()
      }
    }
  }

  #begin(core: Core): void {
    if (this.#session) return
    this.#core = core
    this.#session = misuse(() => core.session(this.id))
    const { transport, catalogue, timeoutMs = TIMEOUT_MS } = this.#options
    const [session, env, context] = [this.#session, this.#env, this.#context]
    this.#link = { session, transport, env, context, timeoutMs, stopped: this.#stopped.signal }
    if (catalogue) session.setCatalogue(catalogue)
    if (catalogue === undefined) this.#pricing = new Pricing(this.#link, () => this.#act())
    this.#listening = connection('connecting')
    this.#changed(true)
  }

  /** Reads what is stored. Undefined when there is no storage, or it does not work. */
  async #look(): Promise<Found | undefined> {
    if (!this.#storages) return undefined
    try {
      const storage = await this.#storages.open(this.#options.principal ?? '', this.id)
      const stored = await storage.read()
      const token = this.#options.open ? await storage.token(freshToken()) : await storage.token('')
      const catalogue = (await storage.catalogue?.().catch(() => null)) ?? null
      return { storage, stored, token: token || null, catalogue }
    } catch (thrown) {
      this.#storageError = asCartError(thrown, 'storage_failed', 'the queue cannot be read; it lives in memory')
      this.#changed(true)
      return undefined
    }
  }

  /** What is stored, unless that takes too long; then it is taken when it comes. */
  async #foundInTime(looking: Promise<Found | undefined>): Promise<Found | undefined> {
    try {
      return await within(this.#env, STORAGE_TIMEOUT_MS, this.#stopped.signal, () => looking)
    } catch (thrown) {
      this.#storageError = asCartError(thrown, 'storage_failed', 'the storage does not answer')
      void looking.then((late) => {
        if (!late || this.#stopped.signal.aborted) return
        this.#storageError = null
        this.#restore(late)
      })
      return undefined
    }
  }

  #restore({ storage, stored, token, catalogue }: Found): void {
    const session = this.#expectSession()
    this.#context.token ??= token
    this.#pricing?.restore(storage, catalogue)
    // Damaged bytes are no loss: the server has the events.
    if (stored.history) quietly(() => session.confirmPacked(stored.history as Uint8Array))
    try {
      session.merge(stored.rows, stored.settledThrough)
    } catch (thrown) {
      this.#storageError = asCartError(
        thrown,
        'storage_failed',
        'what is stored cannot be read; new commands live in memory',
      )
    }
    if (!this.#storageError) {
      this.#keeper = new Keeper(storage, session, this.#env, {
        wrote: () => this.#tabs?.say({ about: 'rows' }),
        read: () => this.#act(),
        stands: (error) => {
          this.#storageError = error
          // What the others cannot see, this tab sends itself.
          if (error) this.#lead()
          this.#changed(true)
        },
      })
    }
    this.#changed(true)
  }

  /** Opens a cart that is this page's to open. Its id names the command, so it is opened once whoever does it. */
  #open(token_hash?: string): void {
    const { open } = this.#options
    if (!open) return
    const data = { ...(open === true ? {} : open), ...(token_hash && { token_hash }) }
    misuse(() => this.#expectSession().dispatch({ type: 'OpenCart', data }, this.id, this.#env.now()))
    this.#heard = true
    this.#changed(true)
  }

  #decideEarly(): void {
    this.#heard = true
    for (const { command, id, settle } of this.#early.splice(0)) {
      try {
        settle(this.#outcomeOf(id, this.#expectSession().dispatch(command, id, this.#env.now())))
      } catch {
        settle({ outcome: 'not_taken' })
      }
    }
    this.#changed(true)
  }

  #join(): void {
    const link = this.#link
    if (!link || this.#stopped.signal.aborted) return
    this.#cut = this.#isOffline()
    const act = () => this.#act()
    this.#sender = new Sender(link, {
      isCut: () => this.#cut,
      changed: act,
      stands: (error, retryAt) => {
        this.#sendingError = error && { error, retryAt }
        this.#changed(true)
      },
    })
    const newSession = () => (this.#core as Core).session(this.id)
    this.#stream = new Stream(link, newSession, {
      changed: act,
      arrived: (events) => this.#tabs?.say({ about: 'events', events }),
      stands: (listening) => {
        this.#listening = listening
        this.#changed(true)
        if (listening.state === 'live') {
          this.#pricing?.ask()
          act()
        }
      },
      missing: (missing) => {
        this.#cut = false
        if (this.#missing !== missing) {
          this.#missing = missing
          this.#changed(true)
        }
        if (!this.#heard) this.#decideEarly()
        this.#act()
      },
      isOpening: () => this.#isOpening(),
    })
    const alone = !this.#keeper || !this.#storages?.shared
    const name = `tillroll-cart ${JSON.stringify([this.#options.principal ?? '', this.id])}`
    this.#tabs = new Tabs(name, this.#env, alone, (message) => this.#hear(message))
    this.#listening = connection('follower')
    this.#tabs.lead(() => this.#lead())
    if (!this.#leading) this.#stream.need(true)
    this.#pricing?.ask()
    this.#forgetWakes = this.#env.onWake(() => this.#wake())
    this.#act()
  }

  #wake(): void {
    if (this.#env.isOnline()) {
      this.reconnect()
      return
    }
    this.#cut = this.#isOffline()
    if (this.#cut) this.#stream?.need(true)
    this.#changed(true)
  }

  /** Nothing can be sent; a cart that is yet to be opened is opened where that succeeds all the same. */
  #isOffline(): boolean {
    return !this.#env.isOnline() && this.#expectSession().snapshot().sync.confirmed_version > 0
  }

  #lead(): void {
    if (this.#leading || !this.#stream || this.#stopped.signal.aborted) return
    this.#leading = true
    // The tab that led before may have written until its end.
    this.#keeper?.read()
    void this.#stream.follow()
    this.#act()
  }

  #hear(message: Message): void {
    switch (message.about) {
      case 'rows':
        this.#keeper?.read()
        break
      case 'events':
        // What cannot be read was another build's: the stream or a page brings it.
        quietly(() => this.#stream?.take(message.events))
        break
      case 'wake':
        if (this.#leading) this.reconnect()
        break
      default:
        message satisfies never
    }
  }

  /** Does what follows from a change: stores, sends, fetches. */
  #act(): void {
    this.#changed()
    if (this.#stopped.signal.aborted) return
    this.#keeper?.save()
    this.#stream?.need()
    if (!this.#leading || !this.#session) return
    this.#sender?.send()
    if (this.#missing && this.#session.snapshot().sync.known_version > 0) this.#stream?.wake()
    this.#stream?.begin()
    void this.#stream?.agree()
  }

  /** The command that opens it has no answer yet, and nobody else is known to have done it. */
  #isOpening(): boolean {
    const { pending, sync } = this.#expectSession().snapshot()
    return sync.known_version === 0 && pending.some(({ id, progress }) => id === this.id && progress !== 'answered')
  }

  /** Tells who listens, if there is anything to tell. */
  #changed(around = false): void {
    const session = this.#session
    if (session && session.revision !== this.#seen) {
      this.#seen = session.revision
      around = true
      for (const settlement of this.#settlements.take(session)) this.#settledNow(settlement)
    }
    if (!around) return
    this.#stale = true
    for (const listener of [...this.#listeners]) {
      try {
        listener()
      } catch (thrown) {
        // One listener's fault is not the others', and not the cart's.
        this.#env.later(0, () => {
          throw thrown
        })
      }
    }
  }

  #settledNow({ id, outcome }: Settlement): void {
    if (outcome.outcome !== 'refused') return
    this.#pricing?.hear(outcome.refusal.code)
    // Somebody else opened it: that is as good.
    if (id === this.id && this.#options.open) this.#session?.discard(id)
  }

  #dispatchEarly(command: Command, id: string): DispatchResult {
    if (this.#early.length >= EARLY_MAX) return this.#resultOf(id, { status: 'queue_full', max: EARLY_MAX })
    const confirmed = new Promise<Outcome>((settle) => {
      this.#early.push({ command, id, settle })
    })
    return { id, status: 'queued', refusal: null, confirmed }
  }

  #resultOf(id: string, dispatched: Dispatched | undefined): DispatchResult {
    if (!dispatched) throw notReady()
    const said = dispatched.status === 'refused' ? refusal(dispatched.code, '', dispatched.details) : null
    return { id, status: dispatched.status, refusal: said, confirmed: this.#outcomeOf(id, dispatched) }
  }

  /** What becomes of a command in the end, from what came of it at once. */
  async #outcomeOf(id: string, dispatched: Dispatched): Promise<Outcome> {
    switch (dispatched.status) {
      case 'applied':
        return this.#settlements.wait(id)
      case 'again':
        return this.#settlements.waitUnlessOver(id, this.#expectSession().snapshot())
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

  #around() {
    return {
      id: this.id,
      missing: this.#missing,
      connection: this.#connection(),
      storage: this.#storageError ? ('failed' as const) : this.#storages ? ('saved' as const) : ('memory' as const),
      storageError: this.#storageError,
    }
  }

  #connection(): Connection {
    if (this.#stopped.signal.aborted) return connection('closed')
    const known: Connection =
      this.#sendingError && this.#leading ? { state: 'waiting', ...this.#sendingError } : this.#listening
    return this.#env.isOnline() || known.state === 'loading' ? known : { ...known, state: 'offline' }
  }

  #ownStorage(): QueueStorage | null {
    return this.#env.indexedDB ? indexedDBStorage(this.#env.indexedDB) : null
  }

  #expectOpen(): void {
    if (this.#stopped.signal.aborted) throw new CartError('closed', `cart ${this.id} was closed: open it again`)
  }

  #expectSession(): CoreSession {
    if (!this.#session) throw notReady()
    return this.#session
  }
}

function notReady(): CartError {
  return new CartError('not_ready', 'the cart is not ready yet: await cart.ready')
}
