/**
 * Brings the events of a cart from the server, a page of packed ones after the other, and hears of new ones. The stream
 * only says that there is something: what it is comes as a page again, so a burst is one page and none of it is lost. That
 * is why the stream is read here and not by the package's reader, which hands over what each message says and is no export.
 */

/** As many events as the server gives at once. */
export const PAGE_EVENTS = 1000
/** Longest wait for a page. */
const PAGE_MS = 15_000
/** Waits between attempts to hear, doubled up to the most. */
const AGAIN_MS = 500
const AGAIN_MS_MAX = 15_000
/** The server breaks the silence every 15 seconds: after twice that and a bit the connection is dead. */
const SILENCE_MS = 35_000

export interface Page {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly more: boolean
}

/** The server said no, and with which status. */
export class FeedError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export class Feed {
  readonly #address: string

  constructor(origin: string, cart: string) {
    this.#address = `${origin}/carts/${encodeURIComponent(cart)}`
  }

  /** How far the cart is. Of a closed one the server says that it is gone, with its state beside that. */
  async head(): Promise<{ version: number; hash: string; closed: boolean }> {
    const response = await this.#ask('', 'application/json')
    if (!response.ok && response.status !== GONE) throw await said(response)
    const answer = (await response.json()) as State | { readonly state: State }
    const { version, state_hash, status } = 'state' in answer ? answer.state : answer
    return { version, hash: state_hash, closed: status === 'closed' }
  }

  async page(after: number): Promise<Page> {
    const response = await this.#get(`/events?after=${after}&limit=${PAGE_EVENTS}`, 'application/vnd.tillroll.packed')
    const bytes = new Uint8Array(await response.arrayBuffer())
    return { bytes, more: response.headers.get('link')?.includes('rel="next"') ?? false }
  }

  /** Tells of every version that there is from `after()` on, until the end of the signal; comes back by itself. */
  async hear(
    after: () => number,
    heard: (version: number) => Promise<void>,
    stands: (live: boolean) => void,
    stopped: AbortSignal,
  ): Promise<void> {
    for (let failures = 0; !stopped.aborted; failures += 1) {
      try {
        await this.#listen(
          after(),
          heard,
          () => {
            failures = 0
            stands(true)
          },
          stopped,
        )
      } catch {
        // It is tried again, and until then it is not live.
      }
      if (stopped.aborted) return
      if (failures > 0) stands(false)
      await new Promise((resolve) => setTimeout(resolve, Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** failures)))
    }
  }

  async #listen(
    after: number,
    heard: (version: number) => Promise<void>,
    opened: () => void,
    stopped: AbortSignal,
  ): Promise<void> {
    const silence = new AbortController()
    const stop = () => silence.abort()
    stopped.addEventListener('abort', stop)
    let timer = setTimeout(stop, SILENCE_MS)
    try {
      const response = await fetch(`${this.#address}/stream?after=${after}`, {
        headers: { accept: 'text/event-stream' },
        signal: silence.signal,
      })
      if (!response.ok || !response.body) throw new FeedError(response.status, 'the stream was not opened')
      opened()
      let rest = ''
      for await (const text of pieces(response.body)) {
        clearTimeout(timer)
        timer = setTimeout(stop, SILENCE_MS)
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        const newest = lines.findLast((line) => line.startsWith('id:'))
        if (newest) await heard(Number(newest.slice(3)))
      }
    } finally {
      clearTimeout(timer)
      stopped.removeEventListener('abort', stop)
      silence.abort()
    }
  }

  async #get(path: string, accept: string): Promise<Response> {
    const response = await this.#ask(path, accept)
    if (response.ok) return response
    throw await said(response)
  }

  #ask(path: string, accept: string): Promise<Response> {
    return fetch(this.#address + path, { headers: { accept }, signal: AbortSignal.timeout(PAGE_MS) })
  }
}

interface State {
  readonly version: number
  readonly state_hash: string
  readonly status: string
}

const GONE = 410

async function said(response: Response): Promise<FeedError> {
  const problem = (await response.json().catch(() => null)) as { detail?: string; title?: string } | null
  const message = problem?.detail ?? problem?.title ?? `the server answered ${response.status}`
  return new FeedError(response.status, message)
}

async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
