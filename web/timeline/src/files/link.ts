/** Links that carry a small history themselves, in the fragment, which no server ever sees: packed, deflated, base64url. */
import type { Base } from './base'
import { fromBase64Url, toBase64Url } from './base64url'
import { readBytes } from './read'

/** Longest history in a link: what mail programs and chats leave whole. A cart of some hundred events fits. */
export const LINK_LETTERS_MAX = 8_000
/** Most bytes that come out of a link, whatever it claims. */
const BYTES_MAX = 4 * 1024 * 1024

/** The fragment for a history; null when it is too large for a link, and only a file carries it. */
export async function fragmentOf(packed: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const letters = toBase64Url(await through(packed, new CompressionStream('deflate-raw'), Number.POSITIVE_INFINITY))
  return letters.length > LINK_LETTERS_MAX ? null : letters
}

/** The fragments of histories, so that none is packed twice; null for one that is too large. */
const known = new WeakMap<Base, string | null>()

/** The fragment for what is open; null when it is too large for a link. */
export async function fragmentFor(base: Base): Promise<string | null> {
  const before = known.get(base)
  if (before !== undefined) return before
  const made = await fragmentOf(base.packed)
  known.set(base, made)
  return made
}

/** The fragment that is known of what is open, without making one. */
export function knownFragment(base: Base): string | null | undefined {
  return known.get(base)
}

/** The history that a fragment carries; null when it carries none. Throws when it is damaged. */
export async function carried(fragment: string): Promise<Base | null> {
  const letters = new URLSearchParams(fragment).get('h')
  if (!letters) return null
  if (letters.length > 4 * LINK_LETTERS_MAX) throw new Error('The link is longer than any that this page makes.')
  const bytes = await through(fromBase64Url(letters), new DecompressionStream('deflate-raw'), BYTES_MAX)
  const base = await readBytes(bytes, 'link', 'link')
  known.set(base, letters)
  return base
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader()
  const parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer())
    parts.push(Uint8Array.from(value))
    length += value.length
    if (length > most) throw new Error('What the link carries is larger than it may be.')
  }
}
