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

export interface Keeper {
  /** Writes what is not written yet. */
  save(): void
  /** Reads what other tabs wrote. */
  read(): void
  /** Writes what is left and ends. */
  close(): Promise<void>
}

export function keeper(
  storage: CartStorage,
  session: CoreSession,
  { later, random }: Pick<Environment, 'later' | 'random'>,
  tell: KeeperEvents,
): Keeper {
  let busy: Promise<void> | null = null
  let toRead = false
  let wanted = false
  let closed = false
  let failures = 0
  let callOff: (() => void) | null = null
  let historyAt = 0
  let callOffHistory: (() => void) | null = null

  const save = (): void => {
    wanted = true
    if (busy || callOff) return
    wanted = false
    busy = work().finally(() => {
      busy = null
      // Asked for when the work had looked for the last time already.
      if (wanted && !closed) save()
    })
  }

  const read = (): void => {
    toRead = true
    save()
  }

  const giveUp = (): void => {
    callOff?.()
    callOff = null
  }

  const work = async (): Promise<void> => {
    try {
      while (await step());
      if (failures > 0) tell.stands(null)
      failures = 0
    } catch (thrown) {
      // Whatever was to be read may not have been.
      toRead = true
      tell.stands(asCartError(thrown, 'storage_failed', 'the queue could not be read or written'))
      callOff = later(backoff(failures++, random), () => {
        callOff = null
        save()
      })
    }
  }

  const step = async (): Promise<boolean> => {
    if (toRead) {
      // Before, so that what is written meanwhile is read again.
      toRead = false
      const { rows, settledThrough } = await storage.read()
      session.merge(rows, settledThrough)
      tell.read()
      return true
    }
    const writing = session.unsaved()
    if (writing) {
      const { ticket, rows, removed, settled_through } = writing
      await storage.write({ rows, removed, settledThrough: settled_through })
      session.saved(ticket)
      tell.wrote()
      return true
    }
    callOffHistory ??= later(HISTORY_MS, () => {
      callOffHistory = null
      void saveHistory()
    })
    return false
  }

  /** It is a copy of what the server has: whatever becomes of it, nothing is lost. */
  const saveHistory = async (): Promise<void> => {
    const { confirmed_version } = session.snapshot().sync
    if (confirmed_version === historyAt) return
    historyAt = confirmed_version
    try {
      await storage.writeHistory(session.history(0))
    } catch {
      historyAt = 0
    }
  }

  return {
    save,
    read,
    async close() {
      closed = true
      await busy
      giveUp()
      await work()
      giveUp()
      callOffHistory?.()
      await saveHistory()
      storage.close()
    },
  }
}
