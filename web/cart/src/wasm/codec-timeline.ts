/** What only timelines convert: columns, and events with all that was recorded. */

import { type Adjacent, type Codec, instant, named, nullable, Reader, share, text, Writer } from './codec.js'

/** What an event's name stands behind in the API. */
const PREFIX = 'tillroll.cart.'

function column<T>(of: new (buffer: ArrayBuffer) => T, width: number): Codec<T> {
  return {
    put: (to) => to.fail('wrong_type'),
    take(from) {
      const length = from.count() * width
      const at = from.pass(length)
      // A copy, because it need not lie where such numbers may.
      return new of(from.bytes.slice(at, at + length).buffer as ArrayBuffer)
    },
  }
}

export const reals: Codec<Float64Array> = column(Float64Array, 8)
export const wholes: Codec<Uint32Array> = column(Uint32Array, 4)

/** A moment as the API writes it: RFC 3339, with milliseconds only where there are any. It comes back as a number. */
export const moment: Codec<string> = {
  put: instant.put,
  take: (from) => new Date(from.number()).toISOString().replace('.000Z', 'Z'),
}

/**
 * An event behind its prefix. Its data go along as they are where they say something else than what the event means:
 * members of a newer build, or members that were left out.
 */
export function fact<T>(known: Adjacent<T>): Codec<{ readonly type: string; readonly data: unknown }> {
  const incoming = named(known, PREFIX)
  const outgoing = named(known)
  return {
    put(to, value) {
      incoming.put(to, value)
      const { type, data } = value as { type: string; data: unknown }
      const short = type.slice(PREFIX.length)
      if (!known.names.includes(short)) return
      const again = new Writer()
      known.put(again, { type: short, data })
      const meant = known.take(new Reader(again.bytes)) as { data: unknown }
      nullable(text).put(to, share(data, meant.data) === data ? null : JSON.stringify(data))
    },
    take(from, into = {}) {
      outgoing.take(from, into)
      into.type = PREFIX + String(into.type)
      return into as { type: string; data: unknown }
    },
  }
}
