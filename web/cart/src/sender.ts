/** Sends what is pending, one batch at a time, and tries again for ever what may still succeed. */

import { backoff } from './backoff.js'
import { asCartError, CartError } from './errors.js'
import { type Link, request } from './link.js'
import type { Batch, SendResult } from './types.js'

/** What a sender tells, and asks. */
export interface SenderEvents {
  /** Whether no request gets anywhere: what is tried in vain is doubtful, and nothing newer can take its place. */
  isCut(): boolean
  /** The session may have changed. */
  changed(): void
  /** What failed and when it is tried again; nulls when the server answered. */
  stands(error: CartError | null, retryAt: number | null): void
}

export class Sender {
  #sending = false
  #callOff: (() => void) | null = null

  readonly #link: Link
  readonly #tell: SenderEvents

  constructor(link: Link, tell: SenderEvents) {
    this.#link = link
    this.#tell = tell
  }

  /** Sends the next batch, if there is one and nothing is in the way. */
  send(): void {
    if (this.#sending || this.#link.stopped.aborted || this.#tell.isCut()) return
    const batch = this.#link.session.nextToSend(this.#link.env.now())
    if (!batch) {
      this.#waitForPause()
      return
    }
    this.#sending = true
    this.#tell.changed()
    void this.#attempt(batch).then(() => {
      this.#sending = false
      this.#tell.changed()
      this.send()
    })
  }

  /** Tries at once. */
  wake(): void {
    this.#link.session.resume()
    this.send()
  }

  #waitForPause(): void {
    const leftMs = (this.#link.session.pausedUntil ?? 0) - this.#link.env.now()
    this.#callOff?.()
    // A pause that is over has nothing to send behind it.
    this.#callOff = leftMs > 0 ? this.#link.env.later(leftMs, () => this.send()) : null
  }

  async #attempt(batch: {
    readonly attempt: number
    readonly failures: number
    readonly commands: Batch
  }): Promise<void> {
    const { attempt, failures, commands } = batch
    let result: SendResult | undefined
    try {
      result = await request(this.#link, (context) => this.#link.transport.send(commands, context))
    } catch (thrown) {
      const error = asCartError(thrown, 'unreachable', 'the commands could not be sent')
      result = { result: 'failed', maybeDone: true, error }
    }
    // A transport in JavaScript may answer anything.
    result ??= {
      result: 'failed',
      maybeDone: true,
      error: new CartError('malformed_reply', 'the transport gave no result'),
    }
    switch (result.result) {
      case 'answered':
        try {
          this.#link.session.answered(attempt, result.reply)
          this.#tell.stands(null, null)
        } catch (thrown) {
          this.#pause(failures, asCartError(thrown, 'malformed_reply', 'the reply cannot be read'))
        }
        break
      case 'rejected':
        this.#link.session.rejected(attempt, {
          code: result.code,
          message: result.message,
          details: result.details ?? null,
        })
        this.#tell.stands(null, null)
        break
      case 'failed':
        this.#link.session.failed(attempt, result.maybeDone)
        this.#pause(failures, result.error, result.retryAfterMs)
        break
      default:
        result satisfies never
        this.#link.session.failed(attempt, true)
        this.#pause(failures, new CartError('malformed_reply', 'the transport gave no result'))
    }
  }

  #pause(failures: number, error: CartError, askedMs?: number): void {
    const until = this.#link.env.now() + backoff(failures, this.#link.env.random, askedMs)
    this.#link.session.pause(until)
    this.#tell.stands(error, until)
  }
}
