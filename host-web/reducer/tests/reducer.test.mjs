// The reducer module in Node. TILLROLL_REDUCERS names the folder that `cargo xtask reducer` filled.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { skippedOnADesk } from '../../../web/tests/harness/ci.mjs'
import { compare, openReducer, SETS } from './reducer.mjs'

const folder = process.env.TILLROLL_REDUCERS ?? fileURLToPath(new URL('../../../target/reducers', import.meta.url))

const load = (name) => {
  try {
    return readFileSync(join(folder, name))
  } catch (why) {
    if (why.code === 'ENOENT') return undefined
    throw why
  }
}

test('Node says what the core says, byte for byte', async (t) => {
  const counts = await compare(load)
  const missing = SETS.filter((set) => !(set in counts))
  t.diagnostic(JSON.stringify(counts))
  // What the core said is written by the Rust tests; a desk may run these alone, or have no real carts.
  if (process.env.CI !== 'true' && missing.length > 0) return t.skip(`not written: ${missing}`)
  assert.deepEqual(missing, [])
})

test('the module imports nothing, and an error is a number', async (t) => {
  const newest = load('newest.json')
  if (newest === undefined) return t.skip(skippedOnADesk('cargo xtask reducer builds the module'))
  const { sha256, abi_version } = JSON.parse(newest)
  const bytes = load(`${sha256}.wasm`)
  const module = await WebAssembly.compile(bytes)
  assert.deepEqual(WebAssembly.Module.imports(module), [])
  const names = WebAssembly.Module.exports(module).map(({ name }) => name)
  for (const name of ['memory', 'alloc', 'free', 'abi_version', 'fold', 'hash', 'view', 'decide']) {
    assert(names.includes(name), name)
  }
  const { exports } = await WebAssembly.instantiate(module, {})
  assert.equal(exports.abi_version(), abi_version)
  assert.equal(exports.view(0xffff_0000, 0xffff), 1n, 'outside its memory')
  const call = await openReducer(bytes)
  assert.throws(() => call('view', new Uint8Array([1, 2, 3])), { message: 'view: error 2' })
})

test('the documentation shows what is tested here', () => {
  const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, shown] = read('../../../docs/reducers.md').split('```js\n')
  const code = shown.slice(0, shown.indexOf('```'))
  assert(read('./reducer.mjs').includes(code), code)
})
