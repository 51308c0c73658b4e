/** Sends what is pending, one batch at a time, and tries again for ever what may still succeed. */

import { backoff } from './backoff.js'
import { asCartError, CartError } from './errors.js'
import { type Link, request } from './link.js'
import type { SendResult } from './types.js'

/** What a sender tells, and asks. */
export interface SenderEvents {
  /** Whether no request gets anywhere: what is tried in vain is doubtful, and nothing newer can take its place. */
  isCut(): boolean
  /** The session may have changed. */
  changed(): void
  /** What failed and when it is tried again; nulls when the server answered. */
  stands(error: CartError | null, retryAt: number | null): void
}

export interface Sender {
  /** Sends the next batch, if there is one and nothing is in the way. */
  send(): void
  /** Tries at once. */
  wake(): void
}

export function sender(link: Link, { isCut, changed, stands }: SenderEvents): Sender {
  const { session, env, transport, stopped } = link
  let sending = false
  let callOff: (() => void) | null = null

  const send = (): void => {
    if (sending || stopped.aborted || isCut()) return
    const batch = session.nextToSend(env.now())
    if (!batch) {
      const leftMs = (session.pausedUntil ?? 0) - env.now()
      callOff?.()
      // A pause that is over has nothing to send behind it.
      callOff = leftMs > 0 ? env.later(leftMs, send) : null
      return
    }
    sending = true
    changed()
    void attempt(batch).then(() => {
      sending = false
      changed()
      send()
    })
  }

  const attempt = async (batch: NonNullable<ReturnType<typeof session.nextToSend>>): Promise<void> => {
    const { attempt, failures, commands } = batch
    const pause = (error: CartError, askedMs?: number): void => {
      const until = env.now() + backoff(failures, env.random, askedMs)
      session.pause(until)
      stands(error, until)
    }
    const failed = (error: CartError, maybeDone = true, askedMs?: number): void => {
      session.failed(attempt, maybeDone)
      pause(error, askedMs)
    }
    let result: SendResult | undefined
    try {
      result = await request(link, (context) => transport.send(commands, context))
    } catch (thrown) {
      return failed(asCartError(thrown, 'unreachable', 'the commands could not be sent'))
    }
    switch (result?.result) {
      case 'answered':
        try {
          session.answered(attempt, result.reply)
        } catch (thrown) {
          return pause(asCartError(thrown, 'malformed_reply', 'the reply cannot be read'))
        }
        break
      case 'rejected': {
        const { code, message, details = null } = result
        session.rejected(attempt, { code, message, details })
        break
      }
      case 'failed':
        return failed(result.error, result.maybeDone, result.retryAfterMs)
      default:
        // A transport in JavaScript may answer anything.
        result satisfies undefined
        return failed(new CartError('malformed_reply', 'the transport gave no result'))
    }
    stands(null, null)
  }

  const wake = (): void => {
    session.resume()
    send()
  }

  return { send, wake }
}
