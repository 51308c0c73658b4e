// node shrink.mjs IN OUT: makes the wasm of a release build small, without changing what it does.
//
// A panic here says nothing to anybody: it ends in a trap, whatever its message was. So what would make the message
// (formatting, and the texts of places and reasons) becomes a trap itself, and everything that only it needed falls away.
// Nothing else in the core or in host-web formats: what came to be hollowed out by mistake would trap in the tests, which run
// on what comes out of here.
import { readFileSync, writeFileSync } from 'node:fs'
import binaryen from 'binaryen'

/** What makes messages of panics, by parts of the functions' mangled names, of both manglings. */
const MESSAGES = [
  // Paths: core::fmt, core::panicking, std::panicking, std::backtrace, …
  /(4core|3std|5alloc)(3fmt|9panicking|9backtrace|5panic)/,
  /3std3sys9backtrace|10rust_panic|rust_begin_unwind|__rust_start_panic/,
  // What panics for the sake of one call, with numbers or places to be formatted.
  /13unwrap_failed|13expect_failed|16slice_error_fail|5slice5index\d+slice_|slice_index_fail|len_mismatch_fail/,
  /17capacity_overflow|12handle_error|18handle_alloc_error|8rust_oom|24default_alloc_error_hook/,
  /19panic_already_(mutably_)?borrowed|22panic_already_mutably_borrowed/,
  // Implementations of what formats.
  /core\.\.fmt\.\.(Debug|Display|Write|LowerHex|UpperHex)/,
  /3fmt(5Debug|7Display|5Write|8LowerHex|8UpperHex)/,
]
/** What rustc emits beside the first version of wasm. */
const FEATURES = [
  'BulkMemory',
  'BulkMemoryOpt',
  'Multivalue',
  'MutableGlobals',
  'NontrappingFPToInt',
  'ReferenceTypes',
  'SignExt',
]

const [from, to] = process.argv.slice(2)
const module = binaryen.readBinary(readFileSync(from))
module.setFeatures(FEATURES.reduce((set, feature) => set | binaryen.Features[feature], 0))

let hollowed = 0
for (let index = 0; index < module.getNumFunctions(); index += 1) {
  const reference = module.getFunctionByIndex(index)
  const { name, base } = binaryen.getFunctionInfo(reference)
  if (base || !MESSAGES.some((pattern) => pattern.test(name))) continue
  binaryen.Function.setBody(reference, module.unreachable())
  hollowed += 1
  if (process.env.V) console.log(name)
}
if (hollowed === 0) throw new Error(`${from} has no names, so what makes messages cannot be found`)

binaryen.setOptimizeLevel(2)
binaryen.setShrinkLevel(2)
// What is called once compresses better where it is: inlined, its variables make one large function of many.
binaryen.setAlwaysInlineMaxSize(0)
binaryen.setFlexibleInlineMaxSize(0)
binaryen.setOneCallerInlineMaxSize(0)
module.optimize()
if (!module.validate()) throw new Error(`${from} is no valid module any more`)
writeFileSync(to, module.emitBinary())
