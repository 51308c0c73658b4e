/** Everything outside that a cart asks: clock, chance, timers, connection, tabs. One object, so that tests can be exact. */

/** A lock between tabs, as `navigator.locks` has it. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, held: () => Promise<void>): Promise<unknown>
}

/** Messages between tabs, as `BroadcastChannel` has them. */
export interface Channel {
  onmessage: ((event: { readonly data: unknown }) => void) | null
  postMessage(message: unknown): void
  close(): void
}

/** What is outside. */
export interface Environment {
  /** Milliseconds since 1970. */
  now(): number
  /** 0 up to, not including, 1. */
  random(): number
  /** A new UUID in lower case. */
  uuid(): string
  /** Calls later; the answer calls it off. */
  later(ms: number, call: () => void): () => void
  isOnline(): boolean
  /** Told when the connection came or went, and when the page is looked at again; the answer ends it. */
  onWake(call: () => void): () => void
  readonly locks: Locks | null
  channel(name: string): Channel | null
  readonly indexedDB: IDBFactory | null
  readonly fetch: typeof fetch
}

/** The browser's, or Node's, or a worker's; what is given takes its place. */
export function environment(given: Partial<Environment> = {}): Environment {
  const there = globalThis as {
    navigator?: { onLine?: boolean; locks?: Locks }
    BroadcastChannel?: new (name: string) => Channel
    indexedDB?: IDBFactory
    addEventListener?: typeof addEventListener
    removeEventListener?: typeof removeEventListener
    document?: Document
  }
  return {
    now: Date.now,
    random: Math.random,
    uuid,
    later: (ms, call) => {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
    isOnline: () => there.navigator?.onLine !== false,
    onWake: (call) => {
      const looked = () => {
        if (there.document?.visibilityState !== 'hidden') call()
      }
      const heard = ['online', 'offline'] as const
      for (const name of heard) there.addEventListener?.(name, call)
      there.document?.addEventListener('visibilitychange', looked)
      return () => {
        for (const name of heard) there.removeEventListener?.(name, call)
        there.document?.removeEventListener('visibilitychange', looked)
      }
    },
    locks: there.navigator?.locks ?? null,
    channel: (name) => {
      const channel = there.BroadcastChannel ? new there.BroadcastChannel(name) : null
      // In Node an open channel would keep the program from ending.
      ;(channel as { unref?(): void } | null)?.unref?.()
      return channel
    },
    indexedDB: there.indexedDB ?? null,
    fetch: (...request) => fetch(...request),
    ...given,
  }
}

/** `crypto.randomUUID` is there in secure contexts only; a shop on a phone in the same network is none. */
function uuid(): string {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
