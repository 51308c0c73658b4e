/**
 * Which tab sends and listens for all, and what they tell each other. Nothing depends on it: every message may be lost,
 * because the rows of the storage are the truth, and two that send do no harm, because the server knows every id.
 */

import type { Environment } from './environment.js'
import { quietly } from './errors.js'

/** What tabs tell each other. */
export type Message =
  /** Rows were written. */
  | { readonly about: 'rows' }
  /** Events arrived. */
  | { readonly about: 'events'; readonly events: readonly unknown[] }
  /** Somebody wants what waits to be tried at once. */
  | { readonly about: 'wake' }

export interface Tabs {
  /** Calls when it is this tab's turn: at once without locks, otherwise when no other tab has it any more. */
  lead(begin: () => void): void
  /** Tells the other tabs. */
  say(message: Message): void
  close(): void
}

/** `alone`: no other tab sees this one's rows, so it sends for itself. So it does where it could not tell of them. */
export function tabs(
  name: string,
  { channel: open, locks }: Pick<Environment, 'channel' | 'locks'>,
  alone: boolean,
  hear: (message: Message) => void,
): Tabs {
  const done = new AbortController()
  const { signal } = done
  const channel = alone ? null : open(name)
  if (channel) {
    channel.onmessage = ({ data }) => {
      // A tab with another build of this page may say anything.
      if (isMessage(data)) hear(data)
    }
  }
  return {
    lead(begin) {
      if (!channel || !locks) return begin()
      const held = () => {
        begin()
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      }
      // Without locks after all, as in a sandboxed frame, it is safe to lead beside others.
      locks.request(name, { signal }, held).catch(() => signal.aborted || begin())
    },
    say(message) {
      // What cannot be cloned cannot be told; the others fetch it.
      quietly(() => channel?.postMessage(message))
    },
    close() {
      done.abort()
      channel?.close()
    },
  }
}

function isMessage(data: unknown): data is Message {
  const { about, events } = (data ?? {}) as { about?: unknown; events?: unknown }
  return about === 'rows' || about === 'wake' || (about === 'events' && Array.isArray(events))
}
