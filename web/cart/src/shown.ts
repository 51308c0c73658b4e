/** What a page sees of a client, made when somebody looks, and who is told when it is something else. */

import type { CoreSession } from './core.js'
import type { Environment } from './environment.js'
import type { CartError } from './errors.js'
import { listening } from './settlements.js'
import { type Around, connection, view, viewOf } from './snapshot.js'
import type { Cart, CartOptions, Connection, Snapshot } from './types.js'

/** How a client stands, beside what its session says. */
export interface Standing {
  /** What the stream says of the connection. */
  readonly connection: Connection
  /** What failed when commands were sent, where this client sends. */
  readonly sending: Pick<Connection, 'error' | 'retryAt'> | null
  readonly storageError: CartError | null
  /** The server has no such cart for this caller. */
  readonly missing: boolean
}

export interface Shown extends Pick<Cart, 'subscribe' | 'getSnapshot' | 'getServerSnapshot'> {
  /** From now on it is what this session shows. */
  begin(session: CoreSession): void
  /** It stands otherwise. */
  say(stands: Partial<Standing>): void
  /** Tells who listens, if the session has changed. */
  changed(): void
}

/** `settle` takes what the session settled, before anybody is told of anything. */
export function shown(
  { id, initial = null }: CartOptions,
  env: Environment,
  stopped: AbortSignal,
  storage: Snapshot['storage'],
  settle: (session: CoreSession) => void,
): Shown {
  const listeners = new Set<() => void>()
  let stands: Standing = { connection: connection('loading'), sending: null, storageError: null, missing: false }
  let session: CoreSession | null = null
  let seen = -1
  let stale = false

  const connected = (): Connection => {
    if (stopped.aborted) return connection('closed')
    const known: Connection = stands.sending ? { state: 'waiting', ...stands.sending } : stands.connection
    return env.isOnline() || known.state === 'loading' ? known : { ...known, state: 'offline' }
  }

  const around = (): Around => {
    const { missing, storageError } = stands
    return { id, missing, connection: connected(), storage: storageError ? 'failed' : storage, storageError }
  }

  const rendered = viewOf(null, initial, around())
  let snapshot = rendered

  const say = (now: Partial<Standing>): void => {
    stands = { ...stands, ...now }
    stale = true
    for (const listener of [...listeners]) {
      try {
        listener()
      } catch (thrown) {
        // One listener's fault is not the others', and not the cart's.
        env.later(0, () => {
          throw thrown
        })
      }
    }
  }

  const changed = (): boolean => {
    if (!session || session.revision === seen) return false
    seen = session.revision
    settle(session)
    return true
  }

  return {
    subscribe: (listener) => listening(listeners, listener),
    getSnapshot() {
      if (stale) {
        stale = false
        const raw = session?.snapshot()
        const known = raw && (raw.cart || raw.sync.known_version > 0 || !initial)
        snapshot = known ? view(snapshot, raw, around()) : viewOf(snapshot, initial, around())
      }
      return snapshot
    },
    getServerSnapshot: () => rendered,
    begin(now) {
      session = now
    },
    say(now) {
      changed()
      say(now)
    },
    changed() {
      if (changed()) say({})
    },
  }
}
