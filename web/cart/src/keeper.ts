/**
 * Carries the queue to and from the storage. One thing at a time, because the session must hear of reads and writes in the
 * order in which the storage did them. What cannot be written stays in memory and is tried again.
 */

import { backoff } from './backoff.js'
import type { CoreSession } from './core.js'
import type { Environment } from './environment.js'
import { asCartError, type CartError } from './errors.js'
import type { CartStorage } from './types.js'

/** The history is written this long after the last thing that was. */
const HISTORY_MS = 1_000

/** What a keeper tells. */
export interface KeeperEvents {
  /** Rows were written: other tabs should read. */
  wrote(): void
  /** Rows were read: the session may have changed. */
  read(): void
  /** How it stands: null when it works. */
  stands(error: CartError | null): void
}

export class Keeper {
  #busy: Promise<void> | null = null
  #toRead = false
  #wanted = false
  #closed = false
  #failures = 0
  #callOff: (() => void) | null = null
  #historyAt = 0
  #callOffHistory: (() => void) | null = null

  readonly #storage: CartStorage
  readonly #session: CoreSession
  readonly #env: Pick<Environment, 'later' | 'random'>
  readonly #tell: KeeperEvents

  constructor(
    storage: CartStorage,
    session: CoreSession,
    env: Pick<Environment, 'later' | 'random'>,
    tell: KeeperEvents,
  ) {
    this.#storage = storage
    this.#session = session
    this.#env = env
    this.#tell = tell
  }

  /** Writes what is not written yet. */
  save(): void {
    this.#wanted = true
    if (this.#busy || this.#callOff) return
    this.#wanted = false
    this.#busy = this.#work().finally(() => {
      this.#busy = null
      // Asked for when the work had looked for the last time already.
      if (this.#wanted && !this.#closed) this.save()
    })
  }

  /** Reads what other tabs wrote. */
  read(): void {
    this.#toRead = true
    this.save()
  }

  /** Writes what is left and ends. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#busy
    this.#giveUp()
    await this.#work()
    this.#giveUp()
    this.#callOffHistory?.()
    await this.#saveHistory()
    this.#storage.close()
  }

  #giveUp(): void {
    this.#callOff?.()
    this.#callOff = null
  }

  async #work(): Promise<void> {
    try {
      while (await this.#step());
      if (this.#failures > 0) this.#tell.stands(null)
      this.#failures = 0
    } catch (thrown) {
      // Whatever was to be read may not have been.
      this.#toRead = true
      this.#tell.stands(asCartError(thrown, 'storage_failed', 'the queue could not be read or written'))
      this.#callOff = this.#env.later(backoff(this.#failures++, this.#env.random), () => {
        this.#callOff = null
        this.save()
      })
    }
  }

  async #step(): Promise<boolean> {
    if (this.#toRead) {
      // Before, so that what is written meanwhile is read again.
      this.#toRead = false
      const { rows, settledThrough } = await this.#storage.read()
      this.#session.merge(rows, settledThrough)
      this.#tell.read()
      return true
    }
    const writing = this.#session.unsaved()
    if (writing) {
      const { ticket, rows, removed, settled_through } = writing
      await this.#storage.write({ rows, removed, settledThrough: settled_through })
      this.#session.saved(ticket)
      this.#tell.wrote()
      return true
    }
    this.#callOffHistory ??= this.#env.later(HISTORY_MS, () => {
      this.#callOffHistory = null
      void this.#saveHistory()
    })
    return false
  }

  /** It is a copy of what the server has: whatever becomes of it, nothing is lost. */
  async #saveHistory(): Promise<void> {
    const { confirmed_version } = this.#session.snapshot().sync
    if (confirmed_version === this.#historyAt) return
    this.#historyAt = confirmed_version
    try {
      await this.#storage.writeHistory(this.#session.history(0))
    } catch {
      this.#historyAt = 0
    }
  }
}
