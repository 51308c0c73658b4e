/** The one way to the server: every answer is JSON or an error that says what to do. */

/** Longest wait for an answer; what takes longer is told about in pieces. */
const TIMEOUT_MS = 15_000

/** Why there is no answer. `code` is the server's own (`cart_not_found`), or `unreachable`, `malformed`. */
export class AskError extends Error {
  override readonly name = 'AskError'
  readonly code: string
  readonly status: number
  readonly details: unknown

  constructor(code: string, message: string, status = 0, details: unknown = null) {
    super(message)
    this.code = code
    this.status = status
    this.details = details
  }
}

export interface Asking {
  readonly method?: 'GET' | 'POST'
  /** Becomes JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Asks for JSON. What the server says is taken as the type that the API's description gives it. */
export async function ask<T>(path: string, asking: Asking = {}): Promise<T> {
  const response = await send(path, { accept: 'application/json' }, asking)
  try {
    return (await response.json()) as T
  } catch {
    throw new AskError('malformed', 'The server answered with something that is no JSON.', response.status)
  }
}

/** Asks for anything else; the response is a good one. */
export async function send(path: string, accept: { accept: string }, asking: Asking = {}): Promise<Response> {
  const { method = 'GET', body, headers, signal } = asking
  const said = body === undefined ? {} : { 'content-type': 'application/json' }
  const signals = [AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: { ...accept, ...said, ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.any(signals),
    })
  } catch (thrown) {
    if (signal?.aborted) throw thrown
    throw new AskError('unreachable', 'The server does not answer. Is `tillroll dev` running?')
  }
  if (!response.ok) throw await refusal(response)
  return response
}

/** An RFC 9457 problem, as the API writes it. */
async function refusal(response: Response): Promise<AskError> {
  const problem: unknown = await response.json().catch(() => null)
  const said = (typeof problem === 'object' && problem !== null ? problem : {}) as Record<string, unknown>
  const word = (name: string) => (typeof said[name] === 'string' ? said[name] : undefined)
  const message = word('detail') ?? word('title') ?? `The server answered ${response.status}.`
  return new AskError(word('code') ?? `http_${response.status}`, message, response.status, said.details ?? null)
}
