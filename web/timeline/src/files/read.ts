/** From a file's bytes to a history that can be looked at. No server is asked. */
import { openTimeline, packHistory } from '@tillroll/cart'
import { type Base, copied, type FileHeader, type Hypothetical } from './base'
import { membersOf, type Notes, notesOf } from './notes'

/** Largest file that is opened: some hundred thousand events as JSON. */
const FILE_BYTES_MAX = 256 * 1024 * 1024

/** A file that is no timeline, in words for the person who dropped it. */
export class NotATimeline extends Error {
  override readonly name = 'NotATimeline'
}

export async function readFile(file: File): Promise<Base> {
  if (file.size > FILE_BYTES_MAX)
    throw new NotATimeline('It has more than 256 MB; `tillroll timeline` opens larger ones.')
  return readBytes(new Uint8Array(await file.arrayBuffer()), 'file', file.name)
}

/** Reads either form. */
export async function readBytes(bytes: Uint8Array<ArrayBuffer>, from: Base['from'], name: string): Promise<Base> {
  if (startsWith(bytes, 'tillroll')) return readPacked(bytes, from, name)
  if (bytes[0] === 0x7b) return readJson(bytes, from, name)
  throw new NotATimeline('It begins neither with { nor as a packed history does. `tillroll export CART` writes one.')
}

async function readPacked(bytes: Uint8Array<ArrayBuffer>, from: Base['from'], name: string): Promise<Base> {
  const timeline = await said(openTimeline(bytes))
  const beside = besideOf(bytes)
  const given = beside === '' ? {} : asRecord(parsed(beside))
  const header = headerOf(given.header, timeline.cart)
  return { cart: timeline.cart, packed: bytes, timeline, from, name, header, notes: noted(given) }
}

async function readJson(bytes: Uint8Array, from: Base['from'], name: string): Promise<Base> {
  const document = asRecord(parsed(new TextDecoder().decode(bytes)))
  const { cart_id } = asRecord(document.header)
  if (typeof cart_id !== 'string' || !Array.isArray(document.events)) {
    throw new NotATimeline('It is JSON, but not of a timeline: there is no header with a cart, or no list of events.')
  }
  const header = headerOf(document.header, cart_id)
  const notes = noted(document)
  const events = await said(packHistory(cart_id, document.events))
  const timeline = await said(openTimeline(events))
  const packed = copied(timeline.join([events], besideFor(header, notes)))
  return { cart: cart_id, packed, timeline, from, name, header, notes }
}

/** What stands beside the events of a packed file. */
export function besideFor(header: FileHeader, notes: Notes): string {
  return JSON.stringify({ header, ...membersOf(notes) })
}

function noted(document: Readonly<Record<string, unknown>>): Notes {
  try {
    return notesOf(document)
  } catch (thrown) {
    throw new NotATimeline(thrown instanceof Error ? thrown.message : String(thrown))
  }
}

async function said<T>(doing: Promise<T>): Promise<T> {
  try {
    return await doing
  } catch (thrown) {
    throw new NotATimeline(thrown instanceof Error ? thrown.message : String(thrown))
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw new NotATimeline(`Its JSON does not read: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

function headerOf(given: unknown, cart: string): FileHeader {
  const { format_version = 1, cart_id = cart, exported_at, redactions, hypothetical } = asRecord(given)
  if (format_version !== 1)
    throw new NotATimeline(`Its format has version ${String(format_version)}, and this page reads 1.`)
  if (cart_id !== cart) throw new NotATimeline('Its header names another cart than its events.')
  return {
    format_version: 1,
    cart_id: cart,
    exported_at: typeof exported_at === 'string' ? exported_at : null,
    redactions: Array.isArray(redactions) ? redactions.filter((one) => typeof one === 'string') : [],
    ...(hypothetical === undefined || hypothetical === null ? {} : { hypothetical: hypotheticalOf(hypothetical) }),
  }
}

function hypotheticalOf(given: unknown): Hypothetical {
  const { mode, recorded_version, edits } = asRecord(given)
  return {
    mode: String(mode),
    recorded_version: typeof recorded_version === 'number' ? recorded_version : 0,
    edits: Array.isArray(edits) ? edits : [],
  }
}

function asRecord(given: unknown): Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null ? (given as Readonly<Record<string, unknown>>) : {}
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, at) => bytes[at] === letter.charCodeAt(0))
}

/** The text beside the events: after magic and layout version come lengths, the cart, a version, and it (core/src/packed). */
function besideOf(bytes: Uint8Array): string {
  let at = 9
  const number = () => {
    let [value, unit] = [0, 1]
    for (;;) {
      const byte = bytes[at] ?? 0
      at += 1
      value += (byte & 127) * unit
      if (byte < 128) return value
      unit *= 128
    }
  }
  number()
  // Not in one line: `at` would be read before the number moves it.
  const cart = number()
  at += cart
  number()
  const length = number()
  return new TextDecoder().decode(bytes.subarray(at, at + length))
}
