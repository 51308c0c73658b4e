/** Reads a stream of server-sent events. `EventSource` cannot send a token, so the bytes are read here. */

import { CartError } from './errors.js'

/** A message is one event of at most 64 KiB; no line is longer than this. */
const MESSAGE_MAX = 1 << 20

/**
 * Calls `hear` with each message's data, and with null for a comment or any other sign of life.
 */
export async function readMessages(
  body: ReadableStream<Uint8Array>,
  hear: (data: string | null) => void,
): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let data: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      // A message that is not ended is not one: it comes again.
      if (done) return
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MESSAGE_MAX) throw new CartError('malformed_reply', 'a message of the stream is too long')
      let heard = false
      for (const ended of lines) {
        const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended
        if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
        else if (line === '' && data.length > 0) {
          heard = true
          hear(data.join('\n'))
          data = []
        }
      }
      if (!heard) hear(null)
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}
