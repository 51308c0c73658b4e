/** A history as a file, whole or with what names persons and things left out. Nothing is sent anywhere. */
import { openTimeline, packHistory, type RecordedEvent } from '@tillroll/cart'
import { announce } from '@tillroll/storefront/ui/announce'
import type { Base, FileHeader } from './base'
import { besideFor } from './read'

export type Form = 'json' | 'bin'

/** What is masked, and how the header says so. */
export const REDACTIONS = ['/data/owner_ref', '/actor', '/data/item_name'] as const

export async function fileOf(base: Base, form: Form, redacted: boolean): Promise<Blob> {
  const plain = recorded(base)
  const events = redacted ? masked(plain) : plain
  const header: FileHeader = {
    ...base.header,
    exported_at: new Date().toISOString(),
    redactions: redacted ? [...new Set([...base.header.redactions, ...REDACTIONS])] : base.header.redactions,
  }
  if (form === 'json') return new Blob([jsonOf(header, events)], { type: 'application/json' })
  const packed = redacted ? await packHistory(base.cart, events) : base.packed
  const beside = besideFor(header)
  return new Blob([Uint8Array.from(base.timeline.join([packed], beside))], { type: 'application/octet-stream' })
}

/** A line for each event, as the command line writes it. */
function jsonOf(header: FileHeader, events: readonly RecordedEvent[]): string {
  const lines = events.map((event) => JSON.stringify(event)).join(',\n')
  return `{"header":${JSON.stringify(header)},\n"events":[\n${lines}\n]}\n`
}

function recorded({ packed, timeline }: Base): readonly RecordedEvent[] {
  const { offsets } = timeline.columns(packed)
  return Array.from(offsets, (offset, index) => timeline.entry(packed, offset, index + 1))
}

/** The same events without references to persons and without names. Equal names stay equal, so the story can be followed. */
export function masked(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const names = new Map<string, string>()
  const nameOf = (name: string) => {
    const known = names.get(name) ?? `Item ${names.size + 1}`
    names.set(name, known)
    return known
  }
  return events.map(({ actor, ...event }) => {
    const data: Record<string, unknown> = { ...(event.data as Record<string, unknown>) }
    if (typeof data.owner_ref === 'string') data.owner_ref = 'masked'
    if (typeof data.item_name === 'string') data.item_name = nameOf(data.item_name)
    // A line without a sku is keyed by its name.
    if (typeof data.sku === 'string') data.sku = names.get(data.sku) ?? data.sku
    return { ...event, ...(actor === undefined ? {} : { actor: 'masked' }), data }
  })
}

/** Gives a file to the person who looks at the page. */
export function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), REVOKED_AFTER_MS)
  announce(`Saved as ${name}`)
}

/** By then the browser has begun to read it. */
const REVOKED_AFTER_MS = 10_000

/** A packed alternative as a base, so that it is saved like any other. */
export async function baseOf(packed: Uint8Array, header: FileHeader): Promise<Base> {
  const own = Uint8Array.from(packed)
  return { cart: header.cart_id, packed: own, timeline: await openTimeline(own), from: 'file', name: '', header }
}
