/** The queue in IndexedDB, which all tabs share, and in memory. Rows are keyed by principal and cart. */

import type { CartStorage, QueueStorage, Row, ServedCatalogue, Stored, Writing } from './types.js'

const DATABASE = 'tillroll-cart'
const VERSION = 1
const ROWS = 'rows'
const CARTS = 'carts'

/** What is kept once for each cart. */
interface Kept {
  settledThrough?: number
  history?: Uint8Array
  token?: string
}

/**
 * The queue in IndexedDB, in the database `tillroll-cart`, shared by all tabs of this origin: pending commands survive a
 * reload, and one tab sends for all. This is what a cart has where there is IndexedDB, unless `storage` says otherwise.
 *
 * @example
 * ```ts
 * const cart = await openCart({ id, transport, storage: indexedDBStorage(indexedDB), principal: user.id })
 * ```
 */
export function indexedDBStorage(factory: IDBFactory): QueueStorage {
  return {
    shared: true,
    open: async (principal, cart) => stored(factory, [principal, cart]),
  }
}

/**
 * The queue in memory, which ends with the page. Carts that are given the same one share it, as tabs do; `shared` says
 * that they do, and that one of them sends for all.
 *
 * @example
 * ```ts
 * const storage = memoryStorage()
 * const before = await openCart({ id, transport, storage })
 * await before.close()
 * const after = await openCart({ id, transport, storage }) // as after a reload
 * ```
 */
export function memoryStorage(shared = false): QueueStorage {
  const all = new Map<string, { rows: Map<string, Row>; kept: Kept }>()
  const catalogues = new Map<string, ServedCatalogue | null>()
  return {
    shared,
    async open(principal, cart) {
      const key = JSON.stringify([principal, cart])
      const mine: { rows: Map<string, Row>; kept: Kept } = all.get(key) ?? { rows: new Map(), kept: {} }
      all.set(key, mine)
      return {
        read: async () => structuredClone(contents([...mine.rows.values()], mine.kept)),
        write: async ({ rows, removed, settledThrough }) => {
          for (const row of structuredClone(rows)) mine.rows.set(row.id, row)
          for (const id of removed) mine.rows.delete(id)
          mine.kept.settledThrough = Math.max(settledThrough, mine.kept.settledThrough ?? 0)
        },
        writeHistory: async (history) => {
          mine.kept.history = history.slice()
        },
        token: async (fresh) => {
          mine.kept.token ||= fresh
          return mine.kept.token
        },
        catalogue: async (fresh) => {
          if (fresh !== undefined) catalogues.set(principal, structuredClone(fresh))
          return structuredClone(catalogues.get(principal) ?? null)
        },
        close() {},
      }
    },
  }
}

function contents(rows: Row[], { settledThrough = 0, history }: Kept): Stored {
  return { rows, settledThrough, history: history ?? null }
}

function stored(factory: IDBFactory, cart: readonly [string, string]): CartStorage {
  const key = [...cart]
  const ofCart = IDBKeyRange.bound(key, [...key, []])
  let connection: Promise<IDBDatabase> | null = null
  const connected = () => {
    // Browsers close connections as they like: the next use opens another one.
    const lost = () => {
      connection = null
    }
    connection ??= opened(factory, lost)
    connection.catch(lost)
    return connection
  }
  const change = async (stores: string[], act: (transaction: IDBTransaction) => void) => {
    const transaction = (await connected()).transaction(stores, 'readwrite')
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
    })
    act(transaction)
    await done
  }
  const keep = (transaction: IDBTransaction, update: (kept: Kept) => Kept) => {
    const carts = transaction.objectStore(CARTS)
    const found = carts.get(key)
    found.onsuccess = () => carts.put(update((found.result as Kept | undefined) ?? {}), key)
  }
  return {
    async read() {
      const transaction = (await connected()).transaction([ROWS, CARTS], 'readonly')
      const rows = answer<Row[]>(transaction.objectStore(ROWS).getAll(ofCart))
      const kept = answer<Kept | undefined>(transaction.objectStore(CARTS).get(key))
      return contents(await rows, (await kept) ?? {})
    },
    write: ({ rows, removed, settledThrough }: Writing) =>
      change([ROWS, CARTS], (transaction) => {
        const store = transaction.objectStore(ROWS)
        for (const row of rows) store.put(row, [...key, row.id])
        for (const id of removed) store.delete([...key, id])
        keep(transaction, (kept) => ({ ...kept, settledThrough: Math.max(settledThrough, kept.settledThrough ?? 0) }))
      }),
    writeHistory: (history) => change([CARTS], (transaction) => keep(transaction, (kept) => ({ ...kept, history }))),
    async token(fresh) {
      let token = fresh
      await change([CARTS], (transaction) =>
        keep(transaction, (kept) => {
          token = kept.token || fresh
          return { ...kept, token }
        }),
      )
      return token
    },
    async catalogue(fresh) {
      // Beside what is kept of the principal's carts: all of them have the same prices.
      const at = [cart[0]]
      if (fresh !== undefined) {
        await change([CARTS], (transaction) => transaction.objectStore(CARTS).put(fresh, at))
        return fresh
      }
      const transaction = (await connected()).transaction([CARTS], 'readonly')
      return (await answer<ServedCatalogue | null | undefined>(transaction.objectStore(CARTS).get(at))) ?? null
    },
    close() {
      connection?.then((database) => database.close()).catch(() => {})
    },
  }
}

async function opened(factory: IDBFactory, lost: () => void): Promise<IDBDatabase> {
  const request = factory.open(DATABASE, VERSION)
  request.onupgradeneeded = () => {
    request.result.createObjectStore(ROWS)
    request.result.createObjectStore(CARTS)
  }
  const database = await answer(request)
  database.onclose = lost
  // A newer build of the page in another tab must not wait for this one.
  database.onversionchange = () => {
    lost()
    database.close()
  }
  return database
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
