/** The way to a Tillroll server: `fetch`, server-sent events, and long polls where those do not get through. */

import { type Environment, environment } from './environment.js'
import { asCartError, CartError } from './errors.js'
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

const PACKED = 'application/vnd.tillroll.packed'
/** Events of one page. */
const PAGE = 1_000
/** A long poll waits for so many seconds. */
const WAIT_S = 25
/** A stream says something at least every 15 s; one that is silent for longer is dead, or is held back on the way. */
const SILENCE_MS = 40_000
/** It begins with a line at once. */
const FIRST_SILENCE_MS = 10_000

/** A transport over HTTP. */
export function http(options: HttpOptions = {}): Transport {
  const base = String(options.url ?? '').replace(/\/$/, '')
  const { fetch: call, later } = environment(options)
  let streams = options.stream !== false

  const ask = async (path: string, { token, signal }: RequestContext, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    const bearer = await options.bearer?.()
    if (bearer) headers.set('authorization', `Bearer ${bearer}`)
    if (token) headers.set('tillroll-cart-token', token)
    try {
      return await call(`${base}${path}`, { ...init, headers, signal })
    } catch (thrown) {
      throw signal.aborted ? signal.reason : asCartError(thrown, 'unreachable', 'the server was not reached')
    }
  }

  const cartPath = ({ cart }: RequestContext) => `/carts/${encodeURIComponent(cart)}`

  const poll: Transport['open'] = async (after, context, take, opened) => {
    for (let version = after; ; ) {
      const query = `after=${version}&limit=${PAGE}&wait=${WAIT_S}`
      const response = await ask(`${cartPath(context)}/events?${query}`, context)
      if (!response.ok) throw await problemOf(response)
      opened()
      const { events } = (await jsonOf(response)) as { events?: unknown }
      if (!Array.isArray(events)) throw new CartError('malformed_reply', 'a page of events has no list of events')
      if (events.length > 0) take(events)
      const last: unknown = (events.at(-1) as { sequence?: unknown } | undefined)?.sequence
      if (typeof last === 'number') version = last
    }
  }

  return {
    async send(commands, context): Promise<SendResult> {
      const response = await ask(`${cartPath(context)}/commands`, context, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ commands }),
      })
      if (response.ok) return { result: 'answered', reply: await jsonOf(response) }
      return failureOf(await problemOf(response))
    },

    async open(after, context, take, opened) {
      if (!streams) return poll(after, context, take, opened)
      const silence = new AbortController()
      const stop = () => silence.abort(context.signal.reason)
      context.signal.addEventListener('abort', stop)
      try {
        const listening = { ...context, signal: silence.signal }
        const response = await ask(`${cartPath(context)}/stream`, listening, {
          headers: { accept: 'text/event-stream', 'last-event-id': String(after) },
        })
        if (!response.ok) {
          const problem = await problemOf(response)
          // An API that cannot stream has no such address.
          if (response.status === 405 || codeOf(problem) === 'not_found') streams = false
          throw problem
        }
        if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
          streams = false
          throw new CartError('malformed_reply', 'the stream is none: long polls take its place')
        }
        let heard = false
        const silent = () => {
          // Whoever holds a stream back on the way will do so again.
          if (!heard) streams = false
          silence.abort(new CartError('timed_out', 'the stream was silent for too long'))
        }
        let callOff = later(FIRST_SILENCE_MS, silent)
        silence.signal.addEventListener('abort', () => callOff())
        await readMessages(response.body, (data) => {
          callOff()
          callOff = later(SILENCE_MS, silent)
          if (!heard) opened()
          heard = true
          if (data !== null) take([parsed(data)])
        })
      } catch (thrown) {
        throw asCartError(silence.signal.aborted ? silence.signal.reason : thrown, 'unreachable', 'the stream broke')
      } finally {
        context.signal.removeEventListener('abort', stop)
        silence.abort()
      }
    },

    async page(after, context, form) {
      const path = `${cartPath(context)}/events?after=${after}&limit=${PAGE}`
      const accept = form ? 'application/json' : `${PACKED}, application/json;q=0.5`
      const response = await ask(path, context, { headers: { accept } })
      if (!response.ok) throw await problemOf(response)
      if (response.headers.get('content-type')?.startsWith(PACKED)) {
        const packed = new Uint8Array(await bodyOf(response, () => response.arrayBuffer()))
        return { packed, more: response.headers.has('link') }
      }
      const { events, cursor } = (await jsonOf(response)) as { events?: unknown; cursor?: unknown }
      if (!Array.isArray(events)) throw new CartError('malformed_reply', 'a page of events has no list of events')
      return { events, more: typeof cursor === 'string' }
    },

    async catalogue(etag, context) {
      const response = await ask('/catalogue', context, etag === null ? {} : { headers: { 'if-none-match': etag } })
      if (response.status === 304) return 'same'
      if (response.status === 404) return undefined
      if (!response.ok) throw await problemOf(response)
      return { catalogue: await jsonOf(response), etag: response.headers.get('etag') }
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
  const body = (await jsonOf(response).catch(() => null)) as {
    code?: unknown
    detail?: unknown
    details?: unknown
  } | null
  const code = typeof body?.code === 'string' ? body.code : `http_${response.status}`
  const asked = response.headers.get('retry-after')
  const details: Problem = {
    status: response.status,
    code,
    details: body?.details ?? null,
    ...(asked !== null && { retryAfterMs: retryAfter(asked) }),
  }
  const sentence = typeof body?.detail === 'string' ? body.detail : `the server answered ${response.status}`
  return new CartError(response.status >= 500 ? 'unavailable' : 'turned_away', sentence, details)
}

/** What an error means for the commands that were sent. */
function failureOf(error: CartError): SendResult {
  const { status, code, details, retryAfterMs } = error.details as Problem
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

function codeOf({ details }: CartError): unknown {
  return (details as Partial<Problem> | null)?.code
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
