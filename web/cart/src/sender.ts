/** Sends what is pending, one batch at a time, and tries again for ever what may still succeed. */

import { backoff } from './backoff.js'
import type { CoreSession } from './core.js'
import type { Environment } from './environment.js'
import { asCartError, CartError } from './errors.js'
import type { RequestContext, SendResult, Transport } from './types.js'

/** What a sender tells. */
export interface SenderEvents {
  /** The session may have changed. */
  changed(): void
  /** What failed and when it is tried again; nulls when the server answered. */
  stands(error: CartError | null, retryAt: number | null): void
}

/** Runs a request that is given up after a while, or when `stopped` says so. */
export async function within<T>(
  env: Pick<Environment, 'later'>,
  timeoutMs: number,
  stopped: AbortSignal,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const control = new AbortController()
  const stop = () => control.abort(new CartError('closed', 'the cart was closed'))
  if (stopped.aborted) stop()
  stopped.addEventListener('abort', stop)
  const callOff = env.later(timeoutMs, () => {
    control.abort(new CartError('timed_out', `the server did not answer within ${timeoutMs} ms`))
  })
  const given = new Promise<never>((_, reject) => {
    const over = () => reject(control.signal.reason)
    if (control.signal.aborted) over()
    control.signal.addEventListener('abort', over)
  })
  try {
    return await Promise.race([request(control.signal), given])
  } finally {
    callOff()
    stopped.removeEventListener('abort', stop)
  }
}

export class Sender {
  #sending = false
  #callOff: (() => void) | null = null

  readonly #session: CoreSession
  readonly #transport: Transport
  readonly #env: Environment
  readonly #context: Omit<RequestContext, 'signal'>
  readonly #timeoutMs: number
  readonly #stopped: AbortSignal
  readonly #tell: SenderEvents

  constructor(
    session: CoreSession,
    transport: Transport,
    env: Environment,
    context: Omit<RequestContext, 'signal'>,
    timeoutMs: number,
    stopped: AbortSignal,
    tell: SenderEvents,
  ) {
    this.#session = session
    this.#transport = transport
    this.#env = env
    this.#context = context
    this.#timeoutMs = timeoutMs
    this.#stopped = stopped
    this.#tell = tell
  }

  /** Sends the next batch, if there is one and nothing is in the way. */
  send(): void {
    if (this.#sending || this.#stopped.aborted) return
    const batch = this.#session.nextToSend(this.#env.now())
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
    this.#session.resume()
    this.send()
  }

  #waitForPause(): void {
    const leftMs = (this.#session.pausedUntil ?? 0) - this.#env.now()
    this.#callOff?.()
    // A pause that is over has nothing to send behind it.
    this.#callOff = leftMs > 0 ? this.#env.later(leftMs, () => this.send()) : null
  }

  async #attempt({
    attempt,
    failures,
    commands,
  }: {
    attempt: number
    failures: number
    commands: never[] | readonly unknown[]
  }): Promise<void> {
    let result: SendResult | undefined
    try {
      result = await within(this.#env, this.#timeoutMs, this.#stopped, (signal) =>
        this.#transport.send(commands as Parameters<Transport['send']>[0], { ...this.#context, signal }),
      )
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
          this.#session.answered(attempt, result.reply)
          this.#tell.stands(null, null)
        } catch (thrown) {
          this.#pause(failures, asCartError(thrown, 'malformed_reply', 'the reply cannot be read'))
        }
        break
      case 'rejected':
        this.#session.rejected(attempt, { code: result.code, message: result.message, details: result.details ?? null })
        this.#tell.stands(null, null)
        break
      case 'failed':
        this.#session.failed(attempt, result.maybeDone)
        this.#pause(failures, result.error, result.retryAfterMs)
        break
      default:
        result satisfies never
        this.#session.failed(attempt, true)
        this.#pause(failures, new CartError('malformed_reply', 'the transport gave no result'))
    }
  }

  #pause(failures: number, error: CartError, askedMs?: number): void {
    const until = this.#env.now() + backoff(failures, this.#env.random, askedMs)
    this.#session.pause(until)
    this.#tell.stands(error, until)
  }
}
