/**
 * The wasm module, once it is there: sessions and timelines behind numbers, and calls that are bytes (host-web/src/abi.rs is
 * the other side). Nothing happens on import.
 */

import { type Codec, failure, type Memory, Reader, Writer } from './codec.js'
import { failure as failures } from './generated.js'

/** What the module exports. Addresses and lengths are 32 bits, which wasm gives as signed ones. */
interface Exports {
  readonly memory: WebAssembly.Memory
  reserve(length: number): number
  session(): number
  timeline(): number
  release(number: number): void
  revision(number: number): number
  call(number: number): number
  length(): number
}

let exports: Exports | undefined
let left: FinalizationRegistry<number> | undefined

/** Takes the module: compiled, or its bytes. What is made from then on is made by it. */
export function instantiateSync(module: WebAssembly.Module | BufferSource): void {
  take(new WebAssembly.Instance(module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module)))
}

/** The same, compiled beside what the page does: a module, its bytes, or the answer that brings them. */
export async function instantiate(
  source: WebAssembly.Module | BufferSource | Response | PromiseLike<Response>,
): Promise<void> {
  const given = await source
  if (!(given instanceof Response)) {
    const made = await WebAssembly.instantiate(given as BufferSource)
    return take('instance' in made ? made.instance : (made as unknown as WebAssembly.Instance))
  }
  take((await WebAssembly.instantiateStreaming(given)).instance)
}

function take(instance: WebAssembly.Instance): void {
  exports = instance.exports as unknown as Exports
  left = new FinalizationRegistry(exports.release)
}

const NOTHING: Uint8Array = new Uint8Array()

/** Something that lives in the wasm until it is freed, or nobody holds it any more. */
export class Held<Call> {
  readonly #module: Exports
  readonly #number: number
  readonly #call: Codec<Call>
  #free = false

  constructor(kind: 'session' | 'timeline', call: Codec<Call>) {
    if (!exports) throw failure('not_ready', null)
    this.#module = exports
    this.#number = exports[kind]()
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
    left?.unregister(this)
    this.#module.release(this.#number)
  }
}
