// What npm would publish: its files, what two linters of packages say of it, and what a page loads of it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { inProject } from './cart-page.mjs'

const run = promisify(execFile)
const PACKAGE = inProject('web/cart')

/**
 * What a page may load for `.`, by brotli: the wasm, and the script with what it imports at once. A little over what it is,
 * so that nothing grows unseen; lower it when it shrank.
 */
const LOADED_BYTES_MAX = 51_000

/** @param {string} folder */
const pack = async (folder) => {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: PACKAGE,
  })
  const [{ filename, files }] = JSON.parse(stdout)
  return { tarball: join(folder, filename), files: files.map((/** @type {{ path: string }} */ { path }) => path) }
}

test('the package is packed with what it needs and nothing else, and everybody finds its code and its types', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tillroll-packed-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { tarball, files } = await pack(folder)
  const expected = /^(package\.json|README\.md|LICENSE.*|docs\/[\w-]+\.md|dist\/.+\.(d\.ts|js|wasm))$/
  assert.deepEqual(
    files.filter((/** @type {string} */ path) => !expected.test(path)),
    [],
  )

  const { messages, pkg } = await publint({ pkgDir: PACKAGE, strict: true, pack: false })
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  )

  const attw = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')
  const options = [
    '--profile',
    'esm-only',
    '--no-emoji',
    '--no-color',
    '--exclude-entrypoints',
    './tillroll_bg.wasm',
    './tillroll_timeline_bg.wasm',
  ]
  const said = await run(process.execPath, [join(attw, '../dist/index.js'), tarball, ...options]).catch(
    (error) => error,
  )
  assert.equal(said.code ?? 0, 0, said.stdout)
})

test('what a page loads for the package stays small', async () => {
  const contents = `export { http, openCart } from '@tillroll/cart'`
  const stdin = { contents, resolveDir: inProject('web/tests') }
  // Without the chunks that are loaded when somebody looks back.
  const { outputFiles, metafile } = await build({
    stdin,
    tsconfigRaw: {},
    bundle: true,
    minify: true,
    format: 'esm',
    splitting: true,
    outdir: 'out',
    metafile: true,
    write: false,
  })
  const chunks = Object.entries(metafile.outputs)
  const [name = '', entry] = chunks.find(([, { entryPoint }]) => entryPoint === '<stdin>') ?? []
  const now = entry?.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path) ?? []
  const scripts = outputFiles.filter(({ path }) => [name, ...now].some((name) => path.endsWith(name)))
  assert.ok(scripts.length > 0 && chunks.length > scripts.length, chunks.map(([name]) => name).join())
  const loaded = [
    Buffer.concat(scripts.map(({ contents }) => contents)),
    await readFile(join(PACKAGE, 'dist/tillroll_bg.wasm')),
  ]
  const sizes = loaded.map((bytes) => brotliCompressSync(Uint8Array.from(bytes)).length)
  const [script = 0, wasm = 0] = sizes
  console.log(`brotli: script ${script}, wasm ${wasm}, together ${script + wasm} bytes`)
  assert.ok(script + wasm <= LOADED_BYTES_MAX, `${script} of script and ${wasm} of wasm are over ${LOADED_BYTES_MAX}`)
})
