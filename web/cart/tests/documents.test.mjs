// What the README and the examples say, run: every block as it stands, with the comments in it as what is expected.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { transform } from 'esbuild'
import { skippedOnADesk } from '../../tests/harness/ci.mjs'
import { startTillroll } from '../../tests/harness/tillroll.mjs'
import { add, CART, World } from './support/world.mjs'

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const run = (...args) => promisify(execFile)(process.execPath, args, { timeout: 60_000 })
const readme = await readFile(here('README.md'), 'utf8')
const blocks = (language) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code)

const bin = process.env.TILLROLL_BIN ?? here('../../target/debug/tillroll')
const running = process.env.TILLROLL_URL
const skip = skippedOnADesk(running || existsSync(bin) ? false : 'there is no tillroll to start')

test('the README can be pasted', { skip }, async (t) => {
  const url = running ?? (await startTillroll(t)).url
  const code = blocks('js').join('\n').replaceAll('http://127.0.0.1:7070', url)
  // A file of the package, so that it finds the package by its name.
  const file = here(`tests/.readme-${process.pid}.mjs`)
  t.after(() => rm(file, { force: true }))
  await writeFile(file, `${code}\nawait cart.close()\nawait tested.close()\n`)
  const { stdout } = await run(file)
  const said = stdout.split('\n')
  const expected = [...code.matchAll(/console\.log\(.*\) \/\/ ([^,:\n]*)/g)].map(([, text]) => text)
  assert.ok(expected.length >= 6)
  for (const text of expected) assert.ok(said.includes(text), `${text} is not in:\n${stdout}`)
  assert.match(stdout, /'1 CartOpened',\s+'2 ItemAdded',\s+'3 ItemQuantityChanged',\s+'4 ItemAdded'/)
})

test("the README's components render on a server, by what the server rendered", async (t) => {
  const { code } = await transform(blocks('jsx').join('\n'), { loader: 'jsx', jsx: 'automatic' })
  const file = here(`tests/.components-${process.pid}.mjs`)
  t.after(() => rm(file, { force: true }))
  await writeFile(file, code)
  const { Badge, Lines } = await import(file)
  const { createElement, StrictMode } = await import('react')
  const { renderToString } = await import('react-dom/server')
  const { createCart } = await import('@tillroll/cart')
  const world = new World()
  const { cart } = await world.tab()
  cart.dispatch(add('Tea', 100, 2))
  await world.expectAgreement()
  const rendered = createCart({ id: CART, transport: world.server, storage: null, initial: world.state })
  const html = renderToString(
    createElement(StrictMode, null, createElement(Badge, { cart: rendered }), createElement(Lines, { cart: rendered })),
  )
  assert.match(html, /<span>2<\/span><ul><li aria-busy="false">2<!-- --> <!-- -->Tea/)
  await rendered.close()
})

/** A cart's packed history. */
const packed = async () => {
  const world = new World()
  const { cart } = await world.tab()
  cart.dispatch(add('Tea', 349, 2))
  cart.dispatch({ type: 'RemoveItem', data: { sku: 'Tea' } })
  await world.expectAgreement()
  return cart.exportPacked()
}

test('the example in Node tells the life of a cart', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'timeline-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'cart.timeline.bin')
  await writeFile(file, await packed())
  const { stdout } = await run(here('examples/node/timeline.mjs'), file)
  assert.equal(
    stdout,
    `cart ${CART}, 3 events\n1 CartOpened -> 0.00 EUR\n2 ItemAdded -> 6.98 EUR\n3 ItemRemoved -> 0.00 EUR\n`,
  )
})

test('the example in a worker thread folds histories, and says what is wrong with what is none', async (t) => {
  const worker = new Worker(here('examples/worker/thread.mjs'))
  t.after(() => worker.terminate())
  const ask = (message) =>
    new Promise((resolve, reject) => {
      worker.once('message', resolve).once('error', reject)
      worker.postMessage(message)
    })
  const answered = await ask({ packed: await packed(), version: 2 })
  assert.deepEqual([answered.length, answered.state.total_minor], [3, 698])
  assert.equal((await ask({ packed: new Uint8Array([1, 2, 3]) })).code, 'malformed')
})

test('the API reference has every type that is named in it, and no link leads nowhere', async () => {
  const typedoc = join(createRequire(import.meta.url).resolve('typedoc/package.json'), '../bin/typedoc')
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [typedoc, '--emit', 'none'], { cwd: here('') })
  assert.doesNotMatch(stdout + stderr, /warning|error/)
})

test('each function in the API reference is explained, with an example', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'reference-'))
  t.after(() => rm(folder, { recursive: true }))
  const typedoc = join(createRequire(import.meta.url).resolve('typedoc/package.json'), '../bin/typedoc')
  const file = join(folder, 'reference.json')
  await promisify(execFile)(process.execPath, [typedoc, '--json', file], { cwd: here('') })
  const modules = JSON.parse(await readFile(file, 'utf8')).children
  const functions = modules.flatMap(({ children }) => children).filter(({ signatures }) => signatures)
  assert.ok(functions.length >= 15)
  for (const { name, signatures } of functions) {
    const { summary, blockTags = [] } = signatures[0].comment ?? {}
    assert.ok(summary?.length > 0, name)
    assert.ok(
      blockTags.some(({ tag }) => tag === '@example'),
      name,
    )
  }
})

test('every trap in docs/traps.md has its test', async () => {
  const rows = (await readFile(here('docs/traps.md'), 'utf8'))
    .split('\n')
    .filter((line) => /^\| (?!Trap |---)/.test(line)).length
  const tests = (await readFile(here('tests/traps.test.mjs'), 'utf8')).match(/^test\(/gm).length
  // What stays pending for ever is the schedules' to find.
  assert.equal(tests + 1, rows)
})
