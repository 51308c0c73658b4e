/**
 * A history without what names persons and things. Equal names stay equal, so that the story can be followed; the header
 * says what was masked, and what was left out because nobody can tell whom it names.
 */
import type { RecordedEvent } from '@tillroll/cart'
import type { FileHeader } from './base'
import type { ClientRecord, Notes } from './notes'

/** What is masked, and how the header says so. */
export const REDACTIONS = ['/data/owner_ref', '/actor', '/data/item_name'] as const
const RECORDS_REDACTED = '/client_records/data'
const NOTES_REDACTED = '/annotations'

/** What a file is made of. */
export interface Content {
  readonly header: FileHeader
  readonly events: readonly RecordedEvent[]
  readonly notes: Notes
}

type Fields = Readonly<Record<string, unknown>>

export function masked({ header, events, notes }: Content): Content {
  const names = new Names()
  const shown = events.map(({ actor, ...event }) => ({
    ...event,
    ...(actor === undefined ? {} : { actor: MASK }),
    data: names.hide(event.data as Fields),
  }))
  const clientRecords = notes.clientRecords.map(
    ({ data, details, ...record }): ClientRecord => ({
      ...record,
      data: names.hide(data),
      ...(isFields(details) ? { details: names.hide(details) } : {}),
    }),
  )
  const more = [
    ...(clientRecords.length > 0 ? [RECORDS_REDACTED] : []),
    ...(notes.annotations.length > 0 ? [NOTES_REDACTED] : []),
  ]
  const { hypothetical } = header
  return {
    header: {
      ...header,
      redactions: [...new Set([...header.redactions, ...REDACTIONS, ...more])],
      ...(hypothetical ? { hypothetical: { ...hypothetical, edits: hypothetical.edits.map(names.hideDeep) } } : {}),
    },
    events: shown,
    // What somebody wrote freely may name anybody.
    notes: { annotations: [], clientRecords },
  }
}

const MASK = 'masked'

/** Names by what stands for them. */
class Names {
  readonly #known = new Map<string, string>()

  hide(data: Fields): Fields {
    const hidden: Record<string, unknown> = { ...data }
    if (typeof hidden.owner_ref === 'string') hidden.owner_ref = MASK
    if (typeof hidden.item_name === 'string') hidden.item_name = this.#nameOf(hidden.item_name)
    // A line without a sku is keyed by its name.
    if (typeof hidden.sku === 'string') hidden.sku = this.#known.get(hidden.sku) ?? hidden.sku
    return hidden
  }

  /** Edits hold their events and commands one level further in. */
  readonly hideDeep = (given: unknown): unknown => {
    if (!isFields(given)) return given
    const inside = Object.entries(given).map(([name, value]) => [name, this.hideDeep(value)])
    return this.hide(Object.fromEntries(inside))
  }

  #nameOf(name: string): string {
    const known = this.#known.get(name) ?? `Item ${this.#known.size + 1}`
    this.#known.set(name, known)
    return known
  }
}

function isFields(given: unknown): given is Fields {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}
