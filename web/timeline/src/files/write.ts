/** A history as a file, whole or with what names persons and things left out. Nothing is sent anywhere. */
import { openTimeline, packHistory, type RecordedEvent } from '@tillroll/cart'
import { announce } from '@tillroll/storefront/ui/announce'
import type { Base, FileHeader } from './base'
import { type Content, masked } from './masks'
import { membersOf, NO_NOTES, type Notes } from './notes'
import { besideFor } from './read'

export type Form = 'json' | 'bin'

export async function fileOf(base: Base, form: Form, redacted: boolean): Promise<Blob> {
  const whole: Content = {
    header: { ...base.header, exported_at: new Date().toISOString() },
    events: redacted || form === 'json' ? recorded(base) : [],
    notes: base.notes,
  }
  const { header, events, notes } = redacted ? masked(whole) : whole
  if (form === 'json') return new Blob([jsonOf(header, events, notes)], { type: 'application/json' })
  const packed = redacted ? await packHistory(base.cart, events) : base.packed
  const bytes = base.timeline.join([packed], besideFor(header, notes))
  return new Blob([Uint8Array.from(bytes)], { type: 'application/octet-stream' })
}

/** A line for each event, as the command line writes it. */
function jsonOf(header: FileHeader, events: readonly RecordedEvent[], notes: Notes): string {
  const lines = events.map((event) => JSON.stringify(event)).join(',\n')
  const beside = Object.entries(membersOf(notes)).map(
    ([name, of]) => `,\n${JSON.stringify(name)}:${JSON.stringify(of)}`,
  )
  return `{"header":${JSON.stringify(header)},\n"events":[\n${lines}\n]${beside.join('')}}\n`
}

function recorded({ packed, timeline }: Base): readonly RecordedEvent[] {
  const { offsets } = timeline.columns(packed)
  return Array.from(offsets, (offset, index) => timeline.entry(packed, offset, index + 1))
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

/** A packed alternative as a base, so that it is saved like any other. What was noted is about the life as it was. */
export async function baseOf(packed: Uint8Array, header: FileHeader): Promise<Base> {
  const own = Uint8Array.from(packed)
  return {
    cart: header.cart_id,
    packed: own,
    timeline: await openTimeline(own),
    from: 'file',
    name: '',
    header,
    notes: NO_NOTES,
  }
}
