// The package as it is published: what is in it, what its types promise, and that nothing happens on import. Linters, tools
// and sizes are in web/tests.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = (path = '') => fileURLToPath(new URL(`../${path}`, import.meta.url))
const run = (program, args) => promisify(execFile)(program, args, { cwd: here(), timeout: 120_000, maxBuffer: 1 << 24 })

/** Files below a folder, by their paths in it. */
const below = async (folder) =>
  (await readdir(here(folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(here(folder).length + 1))

test('what is packed is what the sources make, and nothing else', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'])
  const [{ files }] = JSON.parse(stdout)
  const made = (await below('src')).flatMap((path) => {
    const stem = `dist/${path.replace(/(\.d)?\.ts$/, '')}`
    return [`${stem}.js`, `${stem}.d.ts`]
  })
  const wanted = [
    'LICENSE-APACHE',
    'LICENSE-MIT',
    'README.md',
    'package.json',
    'dist/tillroll_bg.wasm',
    'dist/tillroll_timeline_bg.wasm',
    'docs/from-your-cart.md',
    'docs/traps.md',
    ...made,
  ]
  assert.deepEqual(files.map(({ path }) => path).sort(), wanted.sort())
})

test('no type is any', async () => {
  const declared = (await below('dist')).filter((path) => path.endsWith('.d.ts'))
  assert.ok(declared.length > 10)
  for (const path of declared) {
    const text = await readFile(here(`dist/${path}`), 'utf8')
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').replaceAll(/'[^'\n]*'/g, '')
    assert.doesNotMatch(code, /\bany\b/, path)
  }
})

test('nothing happens on import, and nothing waits at the top of a module', async () => {
  for (const path of (await below('dist')).filter((path) => path.endsWith('.js'))) {
    assert.doesNotMatch(await readFile(here(`dist/${path}`), 'utf8'), /^(const .* = )?await /m, path)
  }
  for (const entry of ['@tillroll/cart', '@tillroll/cart/inline']) {
    const program = `import { isReady } from '${entry}'; import '@tillroll/cart/react'; import '@tillroll/cart/testing'; console.log(isReady())`
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program])
    assert.equal(stdout, 'false\n')
  }
})
