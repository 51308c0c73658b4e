/** What people and clients noted beside a cart's events: it is kept as it came, and written out again (docs/timeline.md). */
import { createContext } from 'react'

/** A note on a version. */
export interface Annotation {
  readonly version: number
  readonly text: string
  readonly author?: string
  readonly at?: string
}

/** A command as a client saw it. */
export interface ClientRecord {
  /** Not answered yet, refused, or decided again on other events than at first. */
  readonly status: 'pending' | 'refused' | 'rebased'
  readonly command_id: string
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  /** It was decided on this version. */
  readonly version: number
  /** When it was sent. */
  readonly at?: string
  readonly code?: string
  readonly details?: unknown
}

export interface Notes {
  readonly annotations: readonly Annotation[]
  readonly clientRecords: readonly ClientRecord[]
}

export const NO_NOTES: Notes = { annotations: [], clientRecords: [] }

/** The notes beside the history that is shown; a server has none. */
export const NotesContext = createContext<Notes>(NO_NOTES)

type Fields = Readonly<Record<string, unknown>>

/** Reads what stands beside events. Throws, naming it, at the first that makes no sense: half of it would be saved again. */
export function notesOf({ annotations = [], client_records = [] }: Fields): Notes {
  return {
    annotations: each(annotations, 'annotation', isAnnotation),
    clientRecords: each(client_records, 'client record', isClientRecord),
  }
}

function each<T>(given: unknown, name: string, is: (one: Fields) => boolean): readonly T[] {
  if (!Array.isArray(given)) throw new TypeError(`Its ${name}s are no list.`)
  const wrong = given.findIndex((one) => typeof one !== 'object' || one === null || !is(one))
  if (wrong >= 0) throw new TypeError(`Its ${name} ${wrong + 1} does not read.`)
  return given
}

function isAnnotation({ version, text, author, at }: Fields): boolean {
  return isVersion(version) && typeof text === 'string' && maybeText(author) && maybeText(at)
}

const STATUSES: readonly unknown[] = ['pending', 'refused', 'rebased'] satisfies ClientRecord['status'][]

function isClientRecord({ status, command_id, type, data, version, at, code }: Fields): boolean {
  const named = typeof command_id === 'string' && typeof type === 'string'
  const there = typeof data === 'object' && data !== null
  return STATUSES.includes(status) && named && there && isVersion(version) && maybeText(at) && maybeText(code)
}

function isVersion(given: unknown): boolean {
  return typeof given === 'number' && Number.isSafeInteger(given) && given >= 0
}

function maybeText(given: unknown): boolean {
  return given === undefined || typeof given === 'string'
}

/** As members of a file; what there is none of is left out. */
export function membersOf({ annotations, clientRecords }: Notes): Fields {
  return {
    ...(annotations.length > 0 ? { annotations } : {}),
    ...(clientRecords.length > 0 ? { client_records: clientRecords } : {}),
  }
}
