/** Rows of the list as they are looked at: a few blocks of them are kept, the newest wish is fetched first. */
import { store } from '@tillroll/storefront/ui/store'
import type { History } from './history'
import type { Row } from './wire'

const BLOCK = 16
/** More than ten screens of rows. */
const BLOCKS_MAX = 128

/** Who looks at rows; each has one wish, its last. */
type Viewer = 'list' | 'causes'

export class Rows {
  /** Moves when a row came. */
  readonly revision = store(0)
  readonly #history: History
  readonly #blocks = new Map<number, readonly Row[]>()
  /** The newest wish stands last. */
  readonly #wishes = new Map<Viewer, readonly number[]>()
  #missing: readonly number[] = []
  #busy = false
  #shown: boolean

  constructor(history: History, shown: boolean) {
    this.#history = history
    this.#shown = shown
  }

  get(version: number): Row | undefined {
    return this.#blocks.get(blockOf(version))?.[(version - 1) % BLOCK]
  }

  /** Whether references to persons stand in the sentences; what was fetched otherwise is fetched anew. */
  show(shown: boolean): void {
    if (shown === this.#shown) return
    this.#shown = shown
    this.#blocks.clear()
    this.revision.update((now) => now + 1)
    this.#look()
  }

  /** Fetches what is missing of these, and forgets what the same viewer wanted before. */
  want(viewer: Viewer, versions: readonly number[]): void {
    this.#wishes.delete(viewer)
    this.#wishes.set(viewer, versions)
    this.#look()
  }

  /** Fetches what is missing of all wishes, the newest first. */
  #look(): void {
    const { length } = this.#history.known.get()
    const missing = new Set<number>()
    for (const versions of [...this.#wishes.values()].reverse()) {
      for (const version of versions) {
        if (version >= 1 && version <= length && !this.get(version)) missing.add(blockOf(version))
      }
    }
    this.#missing = [...missing].slice(0, BLOCKS_MAX)
    void this.#fetch()
  }

  async #fetch(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    for (let block = this.#missing[0]; block !== undefined; block = this.#missing[0]) {
      this.#missing = this.#missing.slice(1)
      const first = block * BLOCK + 1
      const shown = this.#shown
      try {
        const rows = await this.#history.ask('rows', { first, last: first + BLOCK - 1, shown })
        if (shown === this.#shown) this.#keep(block, rows)
      } catch {
        // The list shows that it has none; the next look asks again.
      }
    }
    this.#busy = false
  }

  #keep(block: number, rows: readonly Row[]): void {
    this.#blocks.delete(block)
    this.#blocks.set(block, rows)
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= BLOCKS_MAX) break
      this.#blocks.delete(oldest)
    }
    this.revision.update((now) => now + 1)
  }
}

function blockOf(version: number): number {
  return Math.floor((version - 1) / BLOCK)
}
