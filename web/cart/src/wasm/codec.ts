/**
 * Values as the bytes that cross into the wasm and back: by position, without names (host-web/src/wire.rs is the other
 * side). `generated.ts` puts the codecs of all types together from those here. What comes from a caller is read strictly:
 * a value of another type, or a member that nobody knows, is thrown back with the place where it lies. No value is judged
 * here, only its shape; the rest is the core's matter.
 */

/** Converts values of one type. */
export interface Codec<T> {
  /** Writes any value, if it is one. */
  put(to: Writer, value: unknown): void
  /** Reads one; what is an object, into that one if there is one already. */
  take(from: Reader, into?: Made): T
  /** A member of this type need not be there. */
  readonly lax?: boolean
}

/** Any value of a cart, as differences have it. */
export type Value = null | number | string | readonly Value[] | { readonly [name: string]: Value }

/** What is wrong at a place. */
export type Problem = 'wrong_type' | 'wrong_value' | 'unknown' | 'missing' | 'too_many'

type Made = Record<string, unknown>
type Codecs = Readonly<Record<string, Codec<unknown>>>

const FIRST_BYTES = 256
/** Longest text that is read letter by letter; beyond it, starting a decoder pays. */
const LETTERS_MAX = 128
const UNKNOWN_EVENT = 255
/** The first number that is not exact, and the first that no 64 bits hold. */
const EXACT_END = 2 ** 53
const INTEGER_END = 2 ** 63

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** An error with a stable code, which is its message too, and what belongs to it. */
export function failure(code: string, data: unknown): Error {
  return Object.assign(new Error(code), { code, data })
}

/** Bytes that grow at the end. It knows where in the value it is, for whoever has to be told. */
export class Writer {
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES)
  length = 0
  readonly #path: string[] = []
  #view = new DataView(this.bytes.buffer)
  /** Where to stop, with the value that lies there. */
  readonly #misfit: number

  constructor(misfit = -1) {
    this.#misfit = misfit
  }

  /** Throws the value back. */
  fail(problem: Problem): never {
    const at = this.#path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
    throw failure('malformed', { at, problem })
  }

  /** Writes a value that lies one level further in. */
  under(name: string, codec: Codec<unknown>, value: unknown): void {
    this.#path.push(name)
    codec.put(this, value)
    this.#path.pop()
  }

  /** The same one, one level further in for good. */
  at(name: string): this {
    this.#path.push(name)
    return this
  }

  byte(byte: number): void {
    const at = this.#room(1)
    this.bytes[at] = byte
  }

  count(count: number): void {
    const at = this.#room(4)
    this.#view.setUint32(at, count, true)
  }

  number(number: number): void {
    const at = this.#room(8)
    this.#view.setFloat64(at, number, true)
  }

  blob(blob: Uint8Array): void {
    this.count(blob.length)
    const at = this.#room(blob.length)
    this.bytes.set(blob, at)
  }

  /** Makes room, for which the bytes may move. */
  #room(length: number): number {
    const at = this.length
    if (at === this.#misfit) this.fail('wrong_value')
    this.length = at + length
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(this.length * 2)
      larger.set(this.bytes)
      this.bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}

/** Bytes that are read from the front. */
export class Reader {
  readonly bytes: Uint8Array
  at = 0
  readonly #view: DataView
  readonly memory: Memory | undefined

  /** With a memory, parts whose bytes are those of the last time are the same objects. */
  constructor(bytes: Uint8Array, memory?: Memory) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset)
    this.memory = memory
  }

  byte(): number {
    return this.#view.getUint8(this.at++)
  }

  count(): number {
    return this.#view.getUint32(this.pass(4), true)
  }

  number(): number {
    return this.#view.getFloat64(this.pass(8), true)
  }

  blob(): Uint8Array {
    const length = this.count()
    const at = this.pass(length)
    return this.bytes.subarray(at, at + length)
  }

  text(): string {
    const bytes = this.blob()
    if (bytes.length > LETTERS_MAX) return decoder.decode(bytes)
    for (const byte of bytes) if (byte > 127) return decoder.decode(bytes)
    return String.fromCharCode(...bytes)
  }

  pass(length: number): number {
    const at = this.at
    this.at = at + length
    return at
  }
}

/** A part as it was read: where its bytes are, and what it became. */
type Part = readonly [start: number, end: number, made: unknown]

/** The shared parts of what was read last and of what is being read. */
export class Memory {
  #bytes: Uint8Array = new Uint8Array()
  #before = new Map<object, Part[]>()
  #now = new Map<object, Part[]>()
  /** Where in the parts of before the next one is expected. */
  #next = new Map<object, number>()

  /** What was read just now is what was read last. */
  turn(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#before = this.#now
    this.#now = new Map()
    this.#next = new Map()
  }

  /** The part that was made of the same bytes, if there is one near its place. */
  find(codec: object, bytes: Uint8Array, start: number, end: number): unknown {
    const parts = this.#before.get(codec)
    if (!parts) return undefined
    const next = this.#next.get(codec) ?? 0
    // One may have gone before it, or come.
    let place = next
    if (!this.#same(parts[place], bytes, start, end)) place += 1
    if (place > next && !this.#same(parts[place], bytes, start, end)) place = next - 1
    const known = place === next || this.#same(parts[place], bytes, start, end)
    this.#next.set(codec, (known ? place : next) + 1)
    return known ? parts[place]?.[2] : undefined
  }

  keep(codec: object, start: number, end: number, made: unknown): void {
    const parts = this.#now.get(codec)
    if (parts) parts.push([start, end, made])
    else this.#now.set(codec, [[start, end, made]])
  }

  #same(part: Part | undefined, bytes: Uint8Array, start: number, end: number): boolean {
    if (!part || part[1] - part[0] !== end - start) return false
    const before = this.#bytes
    for (let there = part[0], here = start; here < end; there += 1, here += 1) {
      if (before[there] !== bytes[here]) return false
    }
    return true
  }
}

function record(to: Writer, value: unknown): Made {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Made) : to.fail('wrong_type')
}

export const text: Codec<string> = {
  put: (to, value) => to.blob(typeof value === 'string' ? encoder.encode(value) : to.fail('wrong_type')),
  take: (from) => from.text(),
}

export const bytes: Codec<Uint8Array> = {
  put: (to, value) => to.blob(value instanceof Uint8Array ? value : to.fail('wrong_type')),
  take: (from) => from.blob().slice(),
}

/** The argument, if it is bytes. */
export function bytesOf(argument: Uint8Array, name: string): Uint8Array {
  return argument instanceof Uint8Array ? argument : new Writer().at(name).fail('wrong_type')
}

export const truth: Codec<boolean> = {
  put: (to, value) => to.byte(typeof value === 'boolean' ? Number(value) : to.fail('wrong_type')),
  take: (from) => from.byte() !== 0,
}

function numbers(fits: (number: number) => boolean, problem: Problem): Codec<number> {
  return {
    put(to: Writer, value: unknown) {
      if (typeof value !== 'number') to.fail('wrong_type')
      if (!fits(value)) to.fail(problem)
      to.number(value)
    },
    take: (from) => from.number(),
  }
}

/** A moment, or a version that may name none. */
export const real = numbers(() => true, 'wrong_value')

/** A whole number from 0 to 2^53-1. */
export const whole = numbers((number) => Number.isInteger(number) && number >= 0 && number < EXACT_END, 'wrong_value')

/** A whole number of 64 bits: past what is exact it is still a number, which the domain refuses. */
export const integer = numbers(
  (number) => Number.isInteger(number) && number >= -INTEGER_END && number < INTEGER_END,
  'wrong_type',
)

/** A moment as RFC 3339 has it, and never as only some engines read it. */
export const instant: Codec<string> = {
  put(to: Writer, value: unknown) {
    if (typeof value !== 'string') to.fail('wrong_type')
    const time = /^\d{4}(-\d\d){2}T[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : Number.NaN
    to.number(Number.isNaN(time) ? to.fail('wrong_value') : time)
  },
  take: (from) => new Date(from.number()).toISOString(),
}

/** Anything, as JSON text. */
export const json: Codec<string> = {
  put(to: Writer, value: unknown) {
    let written: string
    try {
      written = JSON.stringify(value ?? null) ?? 'null'
    } catch {
      // It holds itself, goes too deep, or its own code threw.
      to.fail('wrong_value')
    }
    text.put(to, written)
  },
  take: (from) => from.text(),
  lax: true,
}

export function nullable<T>(codec: Codec<T>): Codec<T | null> {
  return {
    put(to, value) {
      to.byte(value == null ? 0 : 1)
      if (value != null) codec.put(to, value)
    },
    take: (from) => (from.byte() ? codec.take(from) : null),
    lax: true,
  }
}

/** Where there is nothing, there is no member. */
export function skipped<T>(codec: Codec<T>): Codec<T | undefined> {
  return { put: nullable(codec).put, take: (from) => (from.byte() ? codec.take(from) : undefined), lax: true }
}

/** Something else stands for what is not there. */
export function or<T>(codec: Codec<T>, otherwise: T): Codec<T> {
  return { put: (to, value) => codec.put(to, value === undefined ? otherwise : value), take: codec.take, lax: true }
}

export function list<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    put(to: Writer, value: unknown) {
      if (!Array.isArray(value)) to.fail('wrong_type')
      to.count(value.length)
      for (let index = 0; index < value.length; index += 1) to.under(String(index), codec, value[index])
    },
    take: (from) => Array.from({ length: from.count() }, () => codec.take(from)),
  }
}

/** A list of so many at most. */
export function most<T>(length: number, codec: Codec<readonly T[]>): Codec<readonly T[]> {
  return {
    put(to, value) {
      if (Array.isArray(value) && value.length > length) to.fail('too_many')
      codec.put(to, value)
    },
    take: codec.take,
  }
}

/** One of some texts. */
export function words<const T extends string>(words: readonly T[]): Codec<T> {
  return {
    put(to, value) {
      const number = words.indexOf(value as T)
      to.byte(number >= 0 ? number : to.fail(typeof value === 'string' ? 'wrong_value' : 'wrong_type'))
    },
    take: (from) => words[from.byte()] as T,
  }
}

/** Refuses members that nobody knows. As in JSON, what is undefined is not there. */
function only(to: Writer, object: Made, known: object): void {
  for (const name of Object.keys(object)) {
    if (!Object.hasOwn(known, name) && object[name] !== undefined) to.under(name, UNKNOWN, undefined)
  }
}

/** Says of a place what is wrong with it. */
function wrong(problem: Problem): Codec<never> {
  const put = (to: Writer) => to.fail(problem)
  return { put, take: put as never }
}

const UNKNOWN = wrong('unknown')
const MISSING = wrong('missing')

/** An object. A member called `...` has its own members among the others. */
export function object<T>(members: Codecs, strict = false): Codec<T> {
  const entries = Object.entries(members)
  return {
    put(to, value) {
      const object = record(to, value)
      if (strict) only(to, object, members)
      for (const [name, codec] of entries) {
        if (name === '...') codec.put(to, object)
        else to.under(name, codec.lax || name in object ? codec : MISSING, object[name])
      }
    },
    take(from, into = {}) {
      for (const [name, codec] of entries) {
        const value = codec.take(from, name === '...' ? into : undefined)
        if (name !== '...' && value !== undefined) into[name] = value
      }
      return into as T
    },
  }
}

/** One of several objects, told by one of its members. */
export function tagged<T>(tag: string, alternatives: Codecs): Codec<T> {
  const kind = words(Object.keys(alternatives))
  return {
    put(to, value) {
      const object = record(to, value)
      const name = object[tag] as string
      to.under(tag, kind, name)
      alternatives[name]?.put(to, object)
    },
    take(from, into = {}) {
      const name = kind.take(from)
      into[tag] = name
      return alternatives[name]?.take(from, into) as T
    },
  }
}

/** One of several objects, told by one member and lying in another one. */
export interface Adjacent<T> extends Codec<T> {
  readonly names: readonly string[]
}

export function adjacent<T>(tag: string, content: string, alternatives: Codecs, strict = false): Adjacent<T> {
  const names = Object.keys(alternatives)
  const kind = words(names)
  return {
    names,
    put(to, value) {
      const object = record(to, value)
      const name = object[tag] as string
      to.under(tag, kind, name)
      if (strict) only(to, object, { [tag]: 0, [content]: 0 })
      const within = object[content]
      if (alternatives[name]) to.under(content, alternatives[name], within === undefined ? {} : within)
    },
    take(from, into = {}) {
      const name = kind.take(from)
      into[tag] = name
      into[content] = alternatives[name]?.take(from)
      return into as T
    },
  }
}

/** An event of this build, or one of a newer build: its name and its data. Names that come in stand behind a prefix. */
export function named<T>(known: Adjacent<T>, prefix = ''): Codec<T> {
  const name: Codec<string> = {
    put: (to, value) => to.fail(typeof value === 'string' ? 'wrong_value' : 'wrong_type'),
    take: (from) => from.text(),
  }
  return {
    put(to, value) {
      const { type, data } = record(to, value)
      if (typeof type !== 'string' || !type.startsWith(prefix)) return to.under('type', name, type)
      const short = type.slice(prefix.length)
      if (known.names.includes(short)) return known.put(to, { type: short, data })
      to.byte(UNKNOWN_EVENT)
      text.put(to, short)
      to.under('data', json, data)
    },
    take(from, into = {}) {
      if (from.bytes[from.at] !== UNKNOWN_EVENT) return known.take(from, into)
      from.byte()
      into.type = from.text()
      into.data = parsed(from.text())
      return into as T
    },
  }
}

function parsed(written: string): unknown {
  try {
    return JSON.parse(written)
  } catch {
    return null
  }
}

/** What is read again and again: its length stands before it, and a reader with a memory passes over what it knows. */
export function shared<T>(codec: Codec<T>): Codec<T> {
  const it: Codec<T> = {
    put: codec.put,
    take(from) {
      const length = from.count()
      const start = from.at
      const known = from.memory?.find(it, from.bytes, start, start + length) as T | undefined
      if (known !== undefined) from.pass(length)
      const made = known ?? codec.take(from)
      from.memory?.keep(it, start, from.at, made)
      return made
    },
  }
  return it
}

/** Any value of a cart. */
export const value: Codec<Value> = {
  put: (to) => to.fail('wrong_type'),
  take(from) {
    switch (from.byte()) {
      case 1:
        return from.number()
      case 2:
        return from.text()
      case 3:
        return Array.from({ length: from.count() }, () => value.take(from))
      case 4:
        return Object.fromEntries(Array.from({ length: from.count() }, () => [from.text(), value.take(from)]))
      default:
        return null
    }
  },
}

/** The newer one of two values, with all parts that are equal taken from the older one; frozen. */
export function share<T>(older: unknown, newer: T): T {
  if (older === newer || typeof newer !== 'object' || newer === null || Object.isFrozen(newer)) return newer
  if (Array.isArray(newer)) return shareList(Array.isArray(older) ? older : [], newer) as T
  const [before, now] = [older ?? {}, newer] as [Made, Made]
  const names = Object.keys(now)
  let same = Object.keys(before).length === names.length
  for (const name of names) {
    now[name] = share(before[name], now[name])
    same &&= now[name] === before[name]
  }
  return same ? (older as T) : Object.freeze(newer)
}

function shareList(before: readonly unknown[], now: unknown[]): readonly unknown[] {
  let same = before.length === now.length
  for (let index = 0; index < now.length; index += 1) {
    now[index] = share(before[index], now[index])
    same &&= now[index] === before[index]
  }
  return same ? before : Object.freeze(now)
}
