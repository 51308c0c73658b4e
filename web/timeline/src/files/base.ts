/** A whole history on this page: packed, with any moment of it at hand, and where it came from. */
import { openTimeline, type Timeline } from '@tillroll/cart'
import { store } from '@tillroll/storefront/ui/store'
import { Feed } from '../history/feed'
import { NO_NOTES, type Notes } from './notes'

/** What a file says of itself besides its events (docs/timeline.md). */
export interface FileHeader {
  readonly format_version: 1
  readonly cart_id: string
  readonly exported_at: string | null
  readonly redactions: readonly string[]
  /** The life in it never was; what was asked to get it. */
  readonly hypothetical?: Hypothetical
}

export interface Hypothetical {
  readonly mode: string
  readonly recorded_version: number
  readonly edits: readonly unknown[]
}

export interface Base {
  readonly cart: string
  /** All of it as one packed history. */
  readonly packed: Uint8Array<ArrayBuffer>
  readonly timeline: Timeline
  readonly from: 'server' | 'file' | 'link'
  /** Of the file. */
  readonly name: string
  readonly header: FileHeader
  readonly notes: Notes
}

/** The file that is open, or the history that a link carried. */
export const opened = store<Base | null>(null)

/** Pages that are fetched at most: a what-if takes 100,000 events. */
const PAGES_MAX = 101

/** All of a cart's events, from the server. Throws what the feed throws. */
export async function fromServer(cart: string, signal: AbortSignal): Promise<Base> {
  const feed = new Feed(location.origin, cart)
  const pages: Uint8Array<ArrayBuffer>[] = []
  let timeline: Timeline | null = null
  for (let more = true; more && pages.length < PAGES_MAX && !signal.aborted; ) {
    const page = await feed.page(timeline?.length ?? 0)
    if (timeline) timeline.append(page.bytes)
    else timeline = await openTimeline(page.bytes)
    pages.push(page.bytes)
    more = page.more
  }
  if (!timeline) throw new Error('there are no events')
  const packed = copied(pages.length === 1 ? (pages[0] ?? NOTHING) : timeline.join(pages))
  const header = { format_version: 1, cart_id: timeline.cart, exported_at: null, redactions: [] } as const
  return { cart: timeline.cart, packed, timeline, from: 'server', name: '', header, notes: NO_NOTES }
}

const NOTHING = new Uint8Array()

/** The same bytes in memory of their own. */
export function copied(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes)
}
