// The package as it is published: what is in it, what its linters say, what its types promise, and how large it is.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { publint } from 'publint'

const here = (path = '') => fileURLToPath(new URL(`../${path}`, import.meta.url))
const run = (program, args) => promisify(execFile)(program, args, { cwd: here(), timeout: 120_000, maxBuffer: 1 << 24 })

/** Files below a folder, by their paths in it. */
const below = async (folder) =>
  (await readdir(here(folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(here(folder).length + 1))

/** Most bytes of the JavaScript that a page loads for `.`, by brotli; the wasm is beside it. */
const JS_BYTES_MAX = 16_000

test('what is packed is what the sources make, and nothing else', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'])
  const [{ files }] = JSON.parse(stdout)
  const made = (await below('src')).flatMap((path) => {
    const stem = `dist/${path.replace(/(\.d)?\.ts$/, '')}`
    // What is declared only is written by the build.
    return path.endsWith('.d.ts') ? [`${stem}.js`] : [`${stem}.js`, `${stem}.d.ts`]
  })
  const wanted = [
    'LICENSE-APACHE',
    'LICENSE-MIT',
    'README.md',
    'package.json',
    'dist/tillroll_bg.wasm',
    'docs/from-your-cart.md',
    'docs/traps.md',
    ...made,
  ]
  assert.deepEqual(files.map(({ path }) => path).sort(), wanted.sort())
})

test('publint finds nothing, strictly', async () => {
  const { messages } = await publint({ pkgDir: here(), strict: true })
  assert.deepEqual(messages, [])
})

test('the types are right for whoever imports them', async () => {
  // It ends with an error when it finds a problem.
  await run(process.execPath, [
    fileURLToPath(new URL('../../node_modules/@arethetypeswrong/cli/dist/index.js', import.meta.url)),
    '--pack',
    '.',
    '--profile',
    'esm-only',
    '--exclude-entrypoints',
    './tillroll_bg.wasm',
  ])
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

test('the JavaScript of a page stays small', async (t) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [here('dist/index.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    metafile: true,
  })
  const [{ contents }] = outputFiles
  const brotli = brotliCompressSync(contents).length
  t.diagnostic(`${contents.length} bytes, ${brotli} by brotli`)
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs))
      t.diagnostic(`${bytesInOutput} ${path.split('dist/')[1]}`)
  }
  assert.ok(brotli <= JS_BYTES_MAX, `${brotli} bytes`)
})
