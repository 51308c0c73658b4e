// Builds the package into dist/: what TypeScript makes of src/, the wasm, the wasm as base64, and the name of the rules in it.
// `node build.mjs [FOLDER]`: FOLDER is what `cargo xtask web` filled, dist-wasm unless given, or TILLROLL_WASM.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const here = import.meta.dirname
const dist = join(here, 'dist')
const wasm = resolve(process.argv[2] ?? process.env.TILLROLL_WASM ?? join(here, 'dist-wasm'))

/** The wasm modules, and what they are called as base64. */
const MODULES = [
  ['tillroll_bg.wasm', 'inline-wasm'],
  ['tillroll_timeline_bg.wasm', 'inline-timeline-wasm'],
]

if (!MODULES.every(([name]) => existsSync(join(wasm, name)))) {
  console.error(`there is no wasm in ${wasm}: run \`cargo xtask web\` first, or name the folder`)
  process.exit(1)
}
rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const { status } = spawnSync(process.execPath, [tsc, '--project', join(here, 'tsconfig.json')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
for (const [name, inline] of MODULES) {
  copyFileSync(join(wasm, name), join(dist, name))
  const base64 = readFileSync(join(dist, name)).toString('base64')
  writeFileSync(join(dist, `${inline}.js`), `export const WASM = '${base64}'\n`)
}

// The first digits of the reducer module's hash, which the server's replies name too.
const lock = join(here, '../../reducer.lock')
const sha256 = /^sha256 = "(\w+)"$/m.exec(readFileSync(lock, 'utf8'))?.[1]
if (!sha256) throw new Error(`${lock} names no module: run \`cargo xtask reducer --lock\``)
writeFileSync(join(dist, 'reducer.js'), `export const REDUCER = '${sha256.slice(0, 16)}'\n`)
// What is written here is declared in the sources, which tsc does not copy.
for (const name of ['inline-wasm.d.ts', 'inline-timeline-wasm.d.ts', 'reducer.d.ts'])
  copyFileSync(join(here, 'src', name), join(dist, name))
for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) copyFileSync(join(here, '../..', licence), join(here, licence))
