/**
 * Which tab sends and listens for all, and what they tell each other. Nothing depends on it: every message may be lost,
 * because the rows of the storage are the truth, and two that send do no harm, because the server knows every id.
 */

import type { Channel, Environment } from './environment.js'

/** What tabs tell each other. */
export type Message =
  /** Rows were written. */
  | { readonly about: 'rows' }
  /** Events arrived. */
  | { readonly about: 'events'; readonly events: readonly unknown[] }
  /** Somebody wants what waits to be tried at once. */
  | { readonly about: 'wake' }

export class Tabs {
  readonly #channel: Channel | null
  readonly #done = new AbortController()

  readonly #name: string
  readonly #env: Environment
  readonly #alone: boolean

  /** `alone`: no other tab sees this one's rows, so it sends for itself. So it does where it could not tell of them. */
  constructor(name: string, env: Environment, alone: boolean, hear: (message: Message) => void) {
    this.#name = name
    this.#env = env
    this.#channel = alone ? null : env.channel(name)
    this.#alone = !this.#channel
    if (this.#channel) {
      this.#channel.onmessage = ({ data }) => {
        // A tab with another build of this page may say anything.
        if (isMessage(data)) hear(data)
      }
    }
  }

  /** Calls when it is this tab's turn: at once without locks, otherwise when no other tab has it any more. */
  lead(begin: () => void): void {
    const { locks } = this.#env
    if (this.#alone || !locks) {
      begin()
      return
    }
    const { signal } = this.#done
    const held = () => {
      begin()
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    }
    // Without locks after all, as in a sandboxed frame, it is safe to lead beside others.
    locks.request(this.#name, { signal }, held).catch(() => {
      if (!signal.aborted) begin()
    })
  }

  /** Tells the other tabs. */
  say(message: Message): void {
    try {
      this.#channel?.postMessage(message)
    } catch {
      // What cannot be cloned cannot be told; the others fetch it.
    }
  }

  close(): void {
    this.#done.abort()
    this.#channel?.close()
  }
}

function isMessage(data: unknown): data is Message {
  const { about, events } = (data ?? {}) as { about?: unknown; events?: unknown }
  return about === 'rows' || about === 'wake' || (about === 'events' && Array.isArray(events))
}
