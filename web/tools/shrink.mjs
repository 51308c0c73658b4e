// node shrink.mjs IN OUT [quick]: makes the wasm of a release build small, without changing what it does. `quick`: only as
// far as it stays quick.
import { readFileSync, writeFileSync } from 'node:fs'
import binaryen from 'binaryen'
import { named } from './order.mjs'

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

const [from, to, quick] = process.argv.slice(2)

function read(wasm) {
  const module = binaryen.readBinary(wasm)
  module.setFeatures(FEATURES.reduce((set, feature) => set | binaryen.Features[feature], 0))
  return module
}

const module = read(readFileSync(from))
binaryen.setOptimizeLevel(quick ? 3 : 2)
binaryen.setShrinkLevel(quick ? 0 : 2)
if (!quick) {
  // What is called once compresses better where it is: inlined, its variables make one large function of many.
  binaryen.setAlwaysInlineMaxSize(0)
  binaryen.setFlexibleInlineMaxSize(0)
  binaryen.setOneCallerInlineMaxSize(0)
}
// The first kilobyte is the far end of the stack, so no address plus a small constant goes around the end of the memory.
binaryen.setLowMemoryUnused(true)
// The second time it sees what the first one made simpler.
module.optimize()
module.optimize()
module.runPasses(['strip-debug', 'strip-producers', 'strip-target-features'])
if (!module.validate()) throw new Error(`${from} is no valid module any more`)

const ordered = read(named(Buffer.from(module.emitBinary())))
ordered.runPasses(['reorder-functions-by-name', 'strip-debug', 'strip-target-features'])
writeFileSync(to, ordered.emitBinary())
