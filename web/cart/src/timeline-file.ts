/**
 * What a client knows of a cart as the content of a `*.timeline.json` (docs/timeline.md): the server's events, and beside
 * them what became of the commands that are in none of them as they were meant. Loaded when somebody asks for it, so it
 * imports nothing of what a page has loaded before: a bundler would cut that in two.
 */

import type { EventPage, RecordedEvent, Settlement, Snapshot, Timeline } from './types.js'
import type { Command, PastEvent, Refusal } from './wire.js'

/** Version of the file's format. */
const FORMAT_VERSION = 1
/** A cart has at most 10,000 events, and a page at least one. */
const PAGES_MAX = 10_000
/** What a client may not know of an event's circumstances: the file says so of each. */
const CIRCUMSTANCES = [
  'id',
  'time',
  'recordedtime',
  'commandid',
  'commandhash',
  'correlationid',
  'causationid',
] as const

/** A command as this client saw it. */
interface ClientRecord {
  readonly status: 'pending' | 'refused' | 'rebased'
  readonly command_id: string
  readonly type: Command['type']
  readonly data: object
  readonly version: number
  readonly at?: string
  readonly code?: string
  readonly details?: unknown
}

/** What a file is made of. */
export interface Known {
  readonly exportedAt: number
  readonly snapshot: Snapshot
  readonly settled: readonly Settlement[]
  /** A command that was dispatched here, while it is remembered. */
  readonly commandOf: (id: string) => Command | undefined
  /** Asks the server for a page of events as JSON. */
  readonly page: (after: number) => Promise<EventPage>
  /** The confirmed events, packed with all that is known of them, for when the server cannot be asked. */
  readonly packed: () => Uint8Array
  /** What reads them. It may not be there any more: it is loaded when it is needed. */
  readonly openTimeline: (packed: Uint8Array) => Promise<Timeline>
  /** The same events without their circumstances. */
  readonly history: () => readonly PastEvent[]
}

/**
 * The file. It has the server's own events where they can be had, and otherwise says what is missing of those it has. Fails
 * as the server did when there is none.
 */
export async function timelineFile(known: Known): Promise<string> {
  const cart_id = known.snapshot.id
  let redactions: readonly string[] = []
  let events: readonly unknown[]
  try {
    events = await fetched(known.page)
  } catch (thrown) {
    const here = await recorded(known).catch(() => known.history().map((event) => masked(cart_id, event)))
    if (here.length === 0) throw thrown
    redactions = notKnown(here)
    events = here
  }
  const header = { format_version: FORMAT_VERSION, cart_id, exported_at: moment(known.exportedAt), redactions }
  const records = recordsOf(known)
  const beside = records.length > 0 ? `,\n"client_records":${JSON.stringify(records)}` : ''
  const lines = events.map((event) => JSON.stringify(event)).join(',\n')
  return `{"header":${JSON.stringify(header)},\n"events":[\n${lines}\n]${beside}}\n`
}

async function fetched(page: Known['page']): Promise<readonly unknown[]> {
  const events: unknown[] = []
  for (let pages = 0, more = true; more && pages < PAGES_MAX; pages++) {
    const next = await page(events.length)
    const given = 'events' in next ? next.events : []
    if (given.length === 0 && (next.more || pages === 0)) throw new Error('the transport gives no events as JSON')
    events.push(...given)
    more = next.more
  }
  return events
}

/** The confirmed events with what the session keeps of their circumstances. */
async function recorded({ packed, openTimeline }: Known): Promise<readonly RecordedEvent[]> {
  const history = packed()
  const timeline = await openTimeline(history)
  try {
    const { offsets } = timeline.columns(history)
    return Array.from(offsets, (offset, nth) => timeline.entry(history, offset, nth + 1))
  } finally {
    timeline.free()
  }
}

/** What is not known of each of these, as JSON Pointers. An event is named after its command. */
function notKnown(events: readonly RecordedEvent[]): readonly string[] {
  const known = (name: (typeof CIRCUMSTANCES)[number]) =>
    events.every((event) => event[name === 'id' ? 'commandid' : name] !== undefined)
  return CIRCUMSTANCES.filter((name) => !known(name)).map((name) => `/${name}`)
}

/** An event of which what happened is known and nothing else. */
function masked(cart: string, { version, type, data }: PastEvent): RecordedEvent {
  return {
    specversion: '1.0',
    id: `${cart.slice(0, -12)}${version.toString(16).padStart(12, '0')}`,
    source: 'tillroll:client',
    type: `tillroll.cart.${type}`,
    subject: cart,
    datacontenttype: 'application/json',
    sequence: version,
    schemaversion: 1,
    data,
  }
}

/** What ended otherwise than it was meant to, then what is refused and waits for somebody, then what is on its way. */
function recordsOf({ snapshot, settled, commandOf }: Known): readonly ClientRecord[] {
  const { confirmedVersion, attention, pending } = snapshot
  const records = new Map<string, ClientRecord>()
  const note = (id: string, status: ClientRecord['status'], command: Command, version: number, more: object) =>
    records.set(id, { status, command_id: id, type: command.type, data: command.data ?? {}, version, ...more })
  for (const { id, outcome } of settled) {
    const command = commandOf(id)
    if (!command) continue
    if (outcome.outcome === 'confirmed' && outcome.changed) note(id, 'rebased', command, outcome.version, {})
    if (outcome.outcome === 'refused') note(id, 'refused', command, confirmedVersion, said(outcome.refusal))
  }
  for (const { id, command, dispatchedAt, refusal, cause } of attention) {
    const version = cause?.by === 'event' ? cause.version : confirmedVersion
    note(id, 'refused', command, version, { at: moment(dispatchedAt), ...said(refusal) })
  }
  for (const { id, command, dispatchedAt, standing, refusal } of pending) {
    const more = { at: moment(dispatchedAt), ...(refusal && said(refusal)) }
    note(id, standing === 'as_meant' ? 'pending' : 'rebased', command, confirmedVersion, more)
  }
  return [...records.values()]
}

function said(refusal: Refusal): object {
  return { code: refusal.code === 'other' ? refusal.said : refusal.code, details: refusal.details }
}

const moment = (ms: number): string => new Date(ms).toISOString()
