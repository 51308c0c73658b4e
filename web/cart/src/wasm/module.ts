/**
 * The wasm modules, once they are there: sessions or timelines behind numbers, and calls that are bytes
 * (host-web/src/abi.rs is the other side). Nothing happens on import.
 */

import { type Codec, failure, type Memory, Reader, Writer } from './codec.js'
import { failure as failures } from './generated.js'

/** What a module exports. Addresses and lengths are 32 bits, which wasm gives as signed ones. */
interface Exports {
  readonly memory: WebAssembly.Memory
  reserve(length: number): number
  open(): number
  release(number: number): void
  /** Sessions only. */
  revision(number: number): number
  call(number: number): number
  length(): number
}

/** The place of one of the modules. */
export class Module {
  exports: Exports | undefined
  left: FinalizationRegistry<number> | undefined

  /** Takes the module: compiled, or its bytes. What is made from then on is made by it. */
  install(module: WebAssembly.Module | BufferSource): void {
    const compiled = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module)
    this.exports = new WebAssembly.Instance(compiled).exports as unknown as Exports
    this.left = new FinalizationRegistry(this.exports.release)
  }
}

const NOTHING: Uint8Array = new Uint8Array()

/** Something that lives in the wasm until it is freed, or nobody holds it any more. */
export class Held<Call> {
  readonly #module: Exports
  readonly #left: FinalizationRegistry<number> | undefined
  readonly #number: number
  readonly #call: Codec<Call>
  #free = false

  constructor({ exports, left }: Module, call: Codec<Call>) {
    if (!exports) throw failure('not_ready', null)
    this.#module = exports
    this.#left = left
    this.#number = exports.open()
    this.#call = call
    left?.register(this, this.#number, this)
  }

  /** Moves when something in a session's snapshot changed, and only then. */
  get revision(): number {
    return this.#module.revision(this.#number)
  }

  /** Does a call, with a packed history if it takes one; the reader stands at what it gives. */
  ask(call: Call, history = NOTHING, memory?: Memory): Reader {
    const { memory: there, reserve, call: run, length } = this.#module
    const said = new Writer()
    this.#call.put(said, call)
    const room = reserve(said.length + history.length) >>> 0
    const bytes = new Uint8Array(there.buffer, room)
    bytes.set(said.bytes.subarray(0, said.length))
    bytes.set(history, said.length)
    const at = run(this.#free ? -1 : this.#number) >>> 0
    const given = new Reader(new Uint8Array(there.buffer, at, length() >>> 0).slice(), memory)
    if (given.byte() === 0) return given
    const failed = failures.take(given)
    // The same once more, to see which value lies where the other side stopped.
    if (failed.code === 'malformed') this.#call.put(new Writer(failed.data.byte), call)
    throw failure(failed.code, failed.data)
  }

  /** Gives it up at once; every further call fails. */
  free(): void {
    if (this.#free) return
    this.#free = true
    this.#left?.unregister(this)
    this.#module.release(this.#number)
  }
}
