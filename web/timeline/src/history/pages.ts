/**
 * The packed pages of one history, for what stands beside its events: where each of these lies, and the bytes. A very long
 * life keeps the bytes of what was looked at last, and has others again when they are asked for: events do not change.
 */

/** Bytes that are kept: some 200,000 events. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024

interface Page {
  /** Null when they would have to be fetched again. */
  bytes: Uint8Array | null
  /** Version before its first event. */
  readonly after: number
  readonly kinds: Uint8Array
  readonly offsets: Uint32Array
  /** Counts up with every look at any page. */
  used: number
}

/** Where an event lies: its bytes are the last ones. */
export interface Lying {
  readonly bytes: Uint8Array
  readonly offset: number
}

export class Pages {
  readonly #pages: Page[] = []
  readonly #again: (after: number) => Promise<Uint8Array>
  #kept = 0
  #looks = 0

  /** `again` fetches the page behind a version once more. */
  constructor(again: (after: number) => Promise<Uint8Array>) {
    this.#again = again
  }

  push(bytes: Uint8Array, after: number, kinds: Uint8Array, offsets: Uint32Array): void {
    const page = { bytes: null, after, kinds, offsets, used: 0 }
    this.#pages.push(page)
    this.#keep(page, bytes)
  }

  /** Undefined for an event that is in none of the pages. */
  kind(version: number): number | undefined {
    const page = this.#page(version)
    return page?.kinds[version - page.after - 1]
  }

  async lying(version: number): Promise<Lying | null> {
    const page = this.#page(version)
    if (!page) return null
    const [offset, next] = [page.offsets[version - page.after - 1], page.offsets[version - page.after]]
    if (offset === undefined) return null
    // What is behind it would be copied with it: a megabyte, for each row of the list.
    return { bytes: (await this.#bytes(page)).subarray(0, next), offset }
  }

  /** The bytes of every page, in their order. */
  async all(): Promise<readonly Uint8Array[]> {
    const all: Uint8Array[] = []
    for (const page of this.#pages) all.push(await this.#bytes(page))
    return all
  }

  async #bytes(page: Page): Promise<Uint8Array> {
    const bytes = page.bytes ?? (await this.#again(page.after))
    if (page.bytes === null) this.#keep(page, bytes)
    this.#looks += 1
    page.used = this.#looks
    return bytes
  }

  /** Keeps these, and lets go of what was not looked at for longest. */
  #keep(page: Page, bytes: Uint8Array): void {
    page.bytes = bytes
    this.#looks += 1
    page.used = this.#looks
    this.#kept += bytes.length
    while (this.#kept > KEPT_BYTES_MAX) {
      const oldest = this.#pages.reduce((one, other) => (other.bytes && other.used < one.used ? other : one), page)
      if (oldest === page) return
      this.#kept -= oldest.bytes?.length ?? 0
      oldest.bytes = null
    }
  }

  /** The page in which a version lies. */
  #page(version: number): Page | undefined {
    let [low, high] = [0, this.#pages.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#pages[middle]?.after ?? 0) < version) low = middle
      else high = middle - 1
    }
    return this.#pages[low]
  }
}
