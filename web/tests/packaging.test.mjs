// The package as npm packs it, installed into an empty project and built with each tool as its users do it. Whatever comes
// out then loads the wasm and says a total, pages in Chromium under a strict policy.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { copyFile, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { nodeResolve } from '@rollup/plugin-node-resolve'
// @ts-expect-error: its types are not where its package.json says
import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets'
import * as esbuild from 'esbuild'
import { rollup } from 'rollup'
import * as vite from 'vite'
import webpack from 'webpack'
import { inProject } from './cart-page.mjs'
import { openPage, startSite, until } from './harness/index.mjs'

/** Runs a program to its end; one that hangs is stopped.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').ExecFileOptions} [options]
 */
const run = (program, args, options) => promisify(execFile)(program, args, { timeout: 60_000, ...options })

/** What every project says in the end: three teas, by the rules in the wasm. */
const TOTAL = '1047'

/** @param {string} from the entry */
const total = (from) => `import { openCart } from '${from}'

const never = () => new Promise(() => {})

export async function total() {
  const transport = { send: never, open: never, page: never }
  const id = '00000000-0000-4000-8000-000000000001'
  const cart = await openCart({ id, transport, open: { currency: 'EUR' }, storage: null, catalogue: null })
  cart.dispatch({ type: 'AddItem', data: { item_name: 'Tea', quantity: 3, price: { minor: 349 } } })
  const { totals } = cart.getSnapshot()
  // Its wasm is loaded only now. Nothing was confirmed yet.
  const timeline = await cart.timeline()
  const { length } = timeline
  timeline.free()
  await cart.close()
  return totals.total_minor + length
}
`
const HTML = `<!doctype html>
<html lang="en"><head><title>loading</title><script type="module" src="./app.js"></script></head><body></body></html>`

/** A history of three teas. */
const { session } = await import(inProject('host-web/tests/built.mjs'))
const PACKED = session([
  { name: 'CartOpened', data: { shopping_cart_uuid: '00000000-0000-4000-8000-000000000001', currency: 'EUR' } },
  {
    name: 'ItemAdded',
    data: {
      shopping_cart_uuid: '00000000-0000-4000-8000-000000000001',
      item_name: 'Tea',
      quantity: 3,
      price: { minor: 349, per: 1 },
    },
  },
]).history(0)

/** Sources of a project by the names of their files, for a cart that comes from an entry of the package. */
const SOURCES = {
  page: { 'app.js': `import { total } from './total.js'\ntotal().then((total) => { document.title = total })\n` },
  worker: {
    'app.js': `const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
worker.onmessage = ({ data }) => { document.title = data }
worker.onerror = ({ message }) => console.error(message)\n`,
    'worker.js': `import { total } from './total.js'\ntotal().then((total) => postMessage(total))\n`,
  },
  example: {
    'app.js': `const worker = new Worker(new URL('./web.mjs', import.meta.url), { type: 'module' })
worker.onmessage = ({ data }) => { document.title = data.state?.total_minor ?? data.problem }
worker.onerror = ({ message }) => console.error(message)
worker.postMessage({ packed: Uint8Array.of(${PACKED}) })\n`,
    'fold.mjs': readFileSync(inProject('web/cart/examples/worker/fold.mjs'), 'utf8'),
    'web.mjs': readFileSync(inProject('web/cart/examples/worker/web.mjs'), 'utf8'),
  },
  program: { 'app.js': `import { total } from './total.js'\ntotal().then((total) => console.log(total))\n` },
  thread: {
    'app.js': `import { Worker } from 'node:worker_threads'
const worker = new Worker(new URL('./worker.js', import.meta.url))
worker.on('message', (total) => { console.log(total); worker.terminate() })\n`,
    'worker.js': `import { parentPort } from 'node:worker_threads'
import { total } from './total.js'
total().then((total) => parentPort.postMessage(total))\n`,
  },
  typed: {
    'app.ts': `import { type Cart, type CartOptions, http, openCart } from '@tillroll/cart'
import * as inline from '@tillroll/cart/inline'
import { useCart, useCartSelector } from '@tillroll/cart/react'
import { faulty } from '@tillroll/cart/testing'

const options: CartOptions = { id: 'x', transport: faulty(http()) }
const opened: Promise<Cart>[] = [openCart(options), inline.openCart(options)]
export const total = (cart: Cart): number => useCart(cart).totals.total_minor + useCartSelector(cart, ({ totals }) => totals.pieces)
// @ts-expect-error: no command of ours
for (const cart of opened) (await cart).dispatch({ type: 'StealCart' })\n`,
  },
}

/**
 * What a project becomes: a folder to serve, a page that is served already, or what a program says.
 *
 * @typedef {{ folder: string, imports?: Record<string, string> } | { url: string } | { said: string }} Made
 * @typedef {import('node:test').TestContext} T
 *
 * @type {Record<string, (project: string, t: T) => Promise<Made>>}
 */
const TOOLS = {
  'Vite, its build': async (root) => {
    await vite.build({ root, logLevel: 'error', configFile: false })
    return { folder: join(root, 'dist') }
  },
  'Vite, its dev server': async (root, t) => {
    const server = await vite.createServer({ root, logLevel: 'error', configFile: false, server: { port: 0 } })
    t.after(() => server.close())
    await server.listen()
    return { url: String(server.resolvedUrls?.local[0]) }
  },
  esbuild: async (root) => {
    const [entry, outdir] = [join(root, 'app.js'), join(root, 'out')]
    await esbuild.build({ entryPoints: [entry], outdir, bundle: true, format: 'esm', minify: true, logLevel: 'error' })
    // It leaves `new URL` as it is, so what is named there has to lie beside its output.
    const dist = join(root, 'node_modules/@tillroll/cart/dist')
    for (const wasm of ['tillroll_bg.wasm', 'tillroll_timeline_bg.wasm']) {
      await copyFile(join(dist, wasm), join(outdir, wasm))
    }
    return withPage(outdir)
  },
  Rollup: async (root) => {
    const plugins = [nodeResolve({ browser: true }), importMetaAssets()]
    const bundle = await rollup({ input: join(root, 'app.js'), plugins })
    await bundle.write({ dir: join(root, 'out'), format: 'es' })
    return withPage(join(root, 'out'))
  },
  webpack: async (root) => {
    const compiler = webpack({
      mode: 'production',
      context: root,
      entry: './app.js',
      output: { path: join(root, 'out'), filename: 'app.js' },
      // What is loaded is weighed elsewhere.
      performance: { hints: false },
    })
    const done = await promisify(compiler.run.bind(compiler))()
    await promisify(compiler.close.bind(compiler))()
    const { errors, warnings } = done?.toJson({ all: false, errors: true, warnings: true }) ?? {}
    assert.deepEqual([errors, warnings], [[], []])
    return withPage(join(root, 'out'))
  },
  'no tool, an import map': async (root) => ({
    folder: root,
    imports: {
      '@tillroll/cart': '/node_modules/@tillroll/cart/dist/index.js',
      '@tillroll/cart/inline': '/node_modules/@tillroll/cart/dist/inline.js',
    },
  }),
  Node: async (root) => ({ said: String((await run(process.execPath, [join(root, 'app.js')])).stdout) }),
  TypeScript: async (root) => {
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
    const strict = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2023,dom']
    for (const modules of ['--module nodenext', '--module esnext --moduleResolution bundler']) {
      const options = [...strict, ...modules.split(' ')]
      const { stdout } = await run(process.execPath, [tsc, ...options, join(root, 'app.ts')]).catch((error) => error)
      assert.equal(stdout, '', modules)
    }
    return { said: TOTAL }
  },
}

/** @type {[tool: string, source: keyof SOURCES, entry: '@tillroll/cart' | '@tillroll/cart/inline'][]} */
const ROWS = [
  ['Vite, its build', 'page', '@tillroll/cart'],
  ['Vite, its build', 'worker', '@tillroll/cart'],
  ['Vite, its build', 'example', '@tillroll/cart'],
  ['Vite, its build', 'page', '@tillroll/cart/inline'],
  ['Vite, its dev server', 'page', '@tillroll/cart'],
  ['Vite, its dev server', 'page', '@tillroll/cart/inline'],
  ['esbuild', 'page', '@tillroll/cart'],
  ['esbuild', 'page', '@tillroll/cart/inline'],
  ['Rollup', 'page', '@tillroll/cart'],
  ['Rollup', 'page', '@tillroll/cart/inline'],
  ['webpack', 'page', '@tillroll/cart'],
  ['webpack', 'worker', '@tillroll/cart'],
  ['webpack', 'example', '@tillroll/cart'],
  ['webpack', 'page', '@tillroll/cart/inline'],
  ['no tool, an import map', 'page', '@tillroll/cart'],
  ['no tool, an import map', 'page', '@tillroll/cart/inline'],
  ['Node', 'program', '@tillroll/cart'],
  ['Node', 'program', '@tillroll/cart/inline'],
  ['Node', 'thread', '@tillroll/cart'],
  ['TypeScript', 'typed', '@tillroll/cart'],
]

/** A folder of its own for all projects, and in it one where the package is installed. */
let folder = ''
const installed = () => join(folder, 'installed')

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tillroll-packaging-'))
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: inProject('web/cart') })
  const [tarball] = await readdir(folder)
  await mkdir(installed())
  await writeFile(join(installed(), 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const quietly = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--omit=peer']
  await run('npm', ['install', ...quietly, join(folder, String(tarball))], { cwd: installed() })
})

after(() => rm(folder, { recursive: true, force: true }))

for (const [index, [tool, source, entry]] of ROWS.entries()) {
  test(`${entry} in a ${source}: ${tool}`, async (t) => {
    const project = join(folder, `project-${index}`)
    await cp(installed(), project, { recursive: true })
    const files = { 'index.html': HTML, 'total.js': total(entry), ...SOURCES[source] }
    for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text)
    const made = await TOOLS[tool]?.(project, t)
    assert.ok(made, `no tool ${tool}`)
    if ('said' in made) {
      assert.equal(made.said.trim(), TOTAL)
      return
    }
    const page = await openPage(t, 'url' in made ? made.url : await served(t, made), { allow: [/favicon/] })
    await until('the page says a total', async () => (await page.title()) === TOTAL, 10_000).catch(async (error) => {
      throw new Error(`the title is ${await page.title()}`, { cause: error })
    })
  })
}

/**
 * @param {T} t
 * @param {{ folder: string, imports?: Record<string, string> }} made
 */
const served = async (t, { folder, imports }) => {
  const mapped = imports && { pages: { '/app.html': HTML }, imports: { '/app.html': imports } }
  const { url } = await startSite(t, { folders: { '/': folder }, ...mapped })
  return mapped ? `${url}/app.html` : `${url}/`
}

/** @param {string} folder */
const withPage = async (folder) => {
  await writeFile(join(folder, 'index.html'), HTML)
  return { folder }
}
