/** The way to a Tillroll server: `fetch`, server-sent events, and long polls where those do not get through. */

import { type Environment, environment } from './environment.js'
import { asCartError, CartError } from './errors.js'
import { control } from './link.js'
import { readMessages } from './sse.js'
import type { RequestContext, SendResult, Transport } from './types.js'

/** How the server is reached. */
export interface HttpOptions {
  /** Where the API is, `https://shop.example/api`; the page's own origin when absent. */
  readonly url?: string | URL
  /** The bearer token of who is signed in, asked for before each request. */
  readonly bearer?: () => string | null | Promise<string | null>
  /** In the place of the global `fetch`. */
  readonly fetch?: typeof fetch
  /** `false`: long polls only. */
  readonly stream?: boolean
  /** In the place of `setTimeout`; see `Environment`. */
  readonly later?: Environment['later']
}

const JSON_TYPE = 'application/json'
const PACKED = 'application/vnd.tillroll.packed'
const NOT_MODIFIED = 304
/** Events of one page. */
const PAGE = 1_000
/** A long poll waits for so many seconds. */
const WAIT_S = 25
/** A stream says something at least every 15 s; one that is silent for longer is dead, or is held back on the way. */
const SILENCE_MS = 40_000
/** It begins with a line at once. */
const FIRST_SILENCE_MS = 10_000

/**
 * A transport to a Tillroll server. Commands are posted; events come by server-sent events, or by long polls of 25 s once a
 * stream was refused, was none, or said nothing for 10 s. Nothing is asked for before a cart needs it.
 *
 * What fails is a `CartError` in `getSnapshot().connection`, and tried again: `unreachable`, `timed_out`, `unavailable` (5xx),
 * `turned_away` (4xx) with the server's `status` and `code` in `details`, `malformed_reply`. Commands that the server turns
 * away for good (400, 404, 410, 413, 415, 422) are in `attention`.
 *
 * @example
 * ```ts
 * const transport = http({ url: 'https://shop.example/api', bearer: async () => session.token })
 * ```
 */
export function http(options: HttpOptions = {}): Transport {
  const base = String(options.url ?? '').replace(/\/$/, '')
  const { fetch: call, later } = environment(options)
  let streams = options.stream !== false

  /** The answer, if it is a good one. */
  const ask = async (
    path: string,
    { token, signal }: RequestContext,
    asked: Record<string, string> = {},
    init: RequestInit = {},
  ): Promise<Response> => {
    const headers = new Headers(asked)
    const bearer = await options.bearer?.()
    if (bearer) headers.set('authorization', `Bearer ${bearer}`)
    if (token) headers.set('tillroll-cart-token', token)
    let response: Response
    try {
      response = await call(`${base}${path}`, { ...init, headers, signal })
    } catch (thrown) {
      throw signal.aborted ? signal.reason : asCartError(thrown, 'unreachable', 'the server was not reached')
    }
    if (response.ok || response.status === NOT_MODIFIED) return response
    throw await problemOf(response)
  }

  const pathOf = ({ cart }: RequestContext) => `/carts/${encodeURIComponent(cart)}`
  const eventsAfter = (after: number, context: RequestContext) =>
    `${pathOf(context)}/events?after=${after}&limit=${PAGE}`

  const poll: Transport['open'] = async (after, context, take, opened) => {
    for (let version = after; ; ) {
      const response = await ask(`${eventsAfter(version, context)}&wait=${WAIT_S}`, context)
      opened()
      const { events } = await pageOf(response)
      if (events.length > 0) take(events)
      const last: unknown = (events.at(-1) as { sequence?: unknown } | undefined)?.sequence
      if (typeof last === 'number') version = last
    }
  }

  return {
    async send(commands, context): Promise<SendResult> {
      const init = { method: 'POST', body: JSON.stringify({ commands }) }
      try {
        const response = await ask(`${pathOf(context)}/commands`, context, { 'content-type': JSON_TYPE }, init)
        return { result: 'answered', reply: await jsonOf(response) }
      } catch (thrown) {
        return failureOf(thrown as CartError)
      }
    },

    async open(after, context, take, opened) {
      if (!streams) return poll(after, context, take, opened)
      const [listening, over] = control(context.signal)
      const { signal } = listening
      let callOff = () => {}
      let heard = false
      const alive = (ms: number) => {
        callOff()
        callOff = later(ms, () => {
          // Whoever holds a stream back on the way will do so again.
          streams &&= heard
          listening.abort(new CartError('timed_out', 'the stream was silent for too long'))
        })
      }
      try {
        const asked = { accept: 'text/event-stream', 'last-event-id': String(after) }
        const response = await ask(`${pathOf(context)}/stream`, { ...context, signal }, asked)
        if (!typeOf(response).startsWith(asked.accept) || !response.body) {
          streams = false
          throw new CartError('malformed_reply', 'the stream is none: long polls take its place')
        }
        alive(FIRST_SILENCE_MS)
        await readMessages(response.body, (message) => {
          alive(SILENCE_MS)
          if (!heard) opened()
          heard = true
          if (message !== null) take([parsed(message)])
        })
      } catch (thrown) {
        const { status, code } = problemIn(thrown)
        // An API that cannot stream has no such address.
        if (status === 405 || code === 'not_found') streams = false
        throw asCartError(signal.aborted ? signal.reason : thrown, 'unreachable', 'the stream broke')
      } finally {
        callOff()
        over()
      }
    },

    async page(after, context, form) {
      const accept = form ? JSON_TYPE : `${PACKED}, ${JSON_TYPE};q=0.5`
      const response = await ask(eventsAfter(after, context), context, { accept })
      if (!typeOf(response).startsWith(PACKED)) return pageOf(response)
      const packed = new Uint8Array(await bodyOf(response, () => response.arrayBuffer()))
      return { packed, more: response.headers.has('link') }
    },

    async catalogue(etag, context) {
      try {
        const response = await ask('/catalogue', context, etag === null ? {} : { 'if-none-match': etag })
        if (response.status === NOT_MODIFIED) return 'same'
        return { catalogue: await jsonOf(response), etag: response.headers.get('etag') }
      } catch (thrown) {
        if (problemIn(thrown).status === 404) return undefined
        throw thrown
      }
    },
  }
}

/** Details of an error that the server answered with. */
interface Problem {
  readonly status: number
  readonly code: string
  readonly details: unknown
  readonly retryAfterMs?: number
}

async function problemOf(response: Response): Promise<CartError> {
  const { status, headers } = response
  const said = (await jsonOf(response).catch(() => null)) as Record<'code' | 'detail' | 'details', unknown> | null
  const asked = headers.get('retry-after')
  const details: Problem = {
    status,
    code: typeof said?.code === 'string' ? said.code : `http_${status}`,
    details: said?.details ?? null,
    ...(asked !== null && { retryAfterMs: retryAfter(asked) }),
  }
  const sentence = typeof said?.detail === 'string' ? said.detail : `the server answered ${status}`
  return new CartError(status >= 500 ? 'unavailable' : 'turned_away', sentence, details)
}

function problemIn(thrown: unknown): Partial<Problem> {
  return (thrown as Partial<CartError> | null)?.details ?? {}
}

/** What an error means for the commands that were sent. */
function failureOf(error: CartError): SendResult {
  const { status, code = '', details, retryAfterMs } = problemIn(error)
  // It was no answer.
  if (!status) throw error
  // Only these say that the commands themselves are at fault. What lies with the caller, as a session that is over,
  // passes; the commands wait for it.
  if ([400, 404, 410, 413, 415, 422].includes(status)) {
    return { result: 'rejected', code, message: error.message, details }
  }
  return {
    result: 'failed',
    maybeDone: status >= 500 || status === 408,
    error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** Seconds, or a date. */
function retryAfter(header: string): number {
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(ms, 0) : 0
}

function typeOf({ headers }: Response): string {
  return headers.get('content-type') ?? ''
}

/** A page of events as JSON. */
async function pageOf(response: Response): Promise<{ readonly events: readonly unknown[]; readonly more: boolean }> {
  const { events, cursor } = ((await jsonOf(response)) ?? {}) as { events?: unknown; cursor?: unknown }
  if (!Array.isArray(events)) throw new CartError('malformed_reply', 'a page of events has no list of events')
  return { events, more: typeof cursor === 'string' }
}

async function jsonOf(response: Response): Promise<unknown> {
  return parsed(await bodyOf(response, () => response.text()))
}

async function bodyOf<T>(response: Response, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (thrown) {
    throw asCartError(thrown, 'unreachable', `the answer of ${response.status} broke off`)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw new CartError('malformed_reply', 'what the server sent is no JSON', null, { cause: thrown })
  }
}
