/**
 * What was on its way to the server while the cart stood at a version, and what the core makes of it. A version lasts until
 * the next event was written down, a refused command until it was refused. On its way was what had been sent by then and was
 * not answered before: as the records of a client say, or as two clocks of a later event do (docs/debugger.md).
 */
import type { CartState, Command, RecordedEvent, WhatIfEdit, WhatIfStep } from '@tillroll/cart'
import type { ClientRecord } from '../../files/notes'
import type { History } from '../../history/history'
import { COMMAND_FIELDS } from '../../whatif/shapes'
import type { Refusal } from '../refusals'

/** Events behind a version that are looked at: a client sends what is waiting in one go, and never so much of it. */
export const FOLLOWING_MAX = 40
/** Records that are looked at. With the events, the fork and room: what one what-if takes. */
const RECORDS_MAX = 20
/** Written down long after they happened, with nobody at a page meanwhile. */
const IMPORTED = /^tillroll:import:/

export interface OnItsWay {
  /** What came of it, or else the command as the client kept it. */
  readonly event: RecordedEvent | null
  readonly record: ClientRecord | null
  /** `record`: the client says so. `clocks`: it follows from when the event happened and when it was written down. */
  readonly known: 'record' | 'clocks'
  /** NaN where nobody noted it. */
  readonly sent: number
  /** What the rules make of it; null where they were not asked. */
  readonly step: WhatIfStep | null
}

export interface Ahead {
  readonly cart: CartState | null
  readonly onItsWay: readonly OnItsWay[]
}

export interface Standing {
  readonly version: number
  readonly length: number
  readonly refusal: Refusal | null
  readonly records: readonly ClientRecord[]
}

/** What the shopper's page showed while it waited; a cart of null where nothing was on its way, or nobody can say. */
export async function ahead(history: History, standing: Standing): Promise<Ahead> {
  const { version, length } = standing
  const count = Math.min(FOLLOWING_MAX, length - version)
  const following = await Promise.all(
    Array.from({ length: count }, (_, nth) => history.ask('entry', { version: version + nth + 1 })),
  )
  const { onItsWay, edits } = sentBefore(standing, following)
  if (edits.length === 0) return { cart: null, onItsWay }
  const decided = await history.ask('decided', { edits })
  if (!decided) throw new Error('This history is too long to be decided again.')
  const stepOf = ({ event, record }: OnItsWay) =>
    decided.steps.find(({ origin, edit }) =>
      record && !event ? edit !== null && isOf(edits[edit], record) : origin === event?.sequence,
    ) ?? null
  return { cart: decided.cart, onItsWay: onItsWay.map((one) => ({ ...one, step: stepOf(one) })) }
}

function isOf(edit: WhatIfEdit | undefined, { data }: ClientRecord): boolean {
  return edit?.edit === 'issue' && edit.command.data === data
}

/** What was on its way, and the edits that leave out everything else. */
export function sentBefore(
  { version, refusal, records }: Standing,
  following: readonly RecordedEvent[],
): { readonly onItsWay: readonly OnItsWay[]; readonly edits: readonly WhatIfEdit[] } {
  const ends = refusal ? Date.parse(refusal.time) : recordedOf(following[0])
  const until = Number.isNaN(ends) ? Number.POSITIVE_INFINITY : ends
  const recordOf = new Map(records.map((record) => [record.command_id, record]))
  const events = following.flatMap((event, nth): readonly OnItsWay[] => {
    const record = recordOf.get(event.commandid ?? '') ?? null
    const sent = timeOf(record?.at ?? event.time)
    const told = record
      ? sent < until || (record.at === undefined && nth === 0)
      : sent < recordedOf(event) && sent < until && !IMPORTED.test(event.source)
    return told ? [{ event, record, known: record ? 'record' : 'clocks', sent, step: null }] : []
  })
  const became = new Set(following.map(({ commandid }) => commandid))
  const waiting = records
    .filter((record) => !became.has(record.command_id) && isWaiting(record, version, refusal, until))
    .slice(0, RECORDS_MAX)
    .map((record): OnItsWay => ({ event: null, record, known: 'record', sent: timeOf(record.at), step: null }))
  const onItsWay = [...events, ...waiting]
  return { onItsWay, edits: onItsWay.length === 0 ? [] : editsTo(version, events, waiting) }
}

/** Behind the version: the events that were on their way and no others, and each waiting command behind what was sent earlier. */
function editsTo(version: number, events: readonly OnItsWay[], waiting: readonly OnItsWay[]): readonly WhatIfEdit[] {
  const kept = new Set(events.map(({ event }) => event?.sequence ?? 0))
  const last = Math.max(version, ...kept)
  const between = Array.from({ length: last - version }, (_, nth) => version + nth + 1)
  const drops = between.filter((one) => !kept.has(one)).map((one): WhatIfEdit => ({ edit: 'drop', version: one }))
  const issued = waiting.flatMap(({ record, sent }): readonly WhatIfEdit[] => {
    if (!record || !isKnown(record.type)) return []
    const earlier = Number.isNaN(sent) ? events : events.filter((event) => event.sent <= sent)
    const after = Math.max(version, ...earlier.map(({ event }) => event?.sequence ?? 0))
    // Whether its data makes sense, the core says.
    return [{ edit: 'issue', after, command: { type: record.type, data: record.data } as Command }]
  })
  return [{ edit: 'fork', version: last }, ...drops, ...issued]
}

/** Whether this build knows the command. */
export function isKnown(type: string): type is Command['type'] {
  return Object.hasOwn(COMMAND_FIELDS, type)
}

/** Whether a command that became no event was unanswered. */
function isWaiting(
  { status, command_id, version: on, at }: ClientRecord,
  version: number,
  refusal: Refusal | null,
  until: number,
) {
  const sent = timeOf(at)
  const begun = Number.isNaN(sent) ? version >= on : sent <= until
  switch (status) {
    case 'pending':
      return begun
    case 'refused':
      // Behind its refusal it was gone; another refusal of the same version tells nothing of it.
      return version <= on && begun && (refusal === null || refusal.command_id === command_id)
    case 'rebased':
      // Without a time it was answered: it is one of the events.
      return at !== undefined && begun
    default:
      return status satisfies never
  }
}

function recordedOf(event: RecordedEvent | undefined): number {
  return timeOf(event?.recordedtime)
}

function timeOf(text: string | undefined): number {
  return text === undefined ? Number.NaN : Date.parse(text)
}
