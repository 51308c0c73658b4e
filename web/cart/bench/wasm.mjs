// What the wasm costs, one figure a line, beside the same work in plain JavaScript: `node bench/wasm.mjs [EVENTS]` after
// `cargo xtask web`, with `--chromium` in a headless browser. TILLROLL_WASM names another folder than dist-wasm;
// TILLROLL_NATIVE, in Node, the program of `cargo build --release -p tillroll-core --example fold`, which then folds the same
// bytes beside it.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { figures } from './figures.mjs'

const folder = process.env.TILLROLL_WASM ?? join(import.meta.dirname, '../dist-wasm')
const MODULES = ['tillroll_bg.wasm', 'tillroll_timeline_bg.wasm']
const words = process.argv.slice(2)
const long = Number(words.find((word) => !word.startsWith('--')) ?? 1_000_000)

const say = (what, value, unit) => console.log(`${what.padEnd(58)} ${value.toPrecision(3).padStart(9)} ${unit}`)

/** Million events a second without wasm; undefined where the program for that was not named. */
function natively(packed) {
  if (!process.env.TILLROLL_NATIVE) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'tillroll-fold-'))
  try {
    writeFileSync(join(folder, 'history.bin'), packed)
    return JSON.parse(String(execFileSync(process.env.TILLROLL_NATIVE, [join(folder, 'history.bin')]))).timeline / 1e6
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function inNode() {
  const built = await import(pathToFileURL(join(folder, 'tillroll.js')).href)
  const modules = MODULES.map((name) => new WebAssembly.Module(readFileSync(join(folder, name))))
  figures(built, modules, long, say, natively)
}

const PAGE = `
import { figures } from '/figures.mjs'
const modules = await Promise.all(${JSON.stringify(MODULES)}.map((name) => WebAssembly.compileStreaming(fetch(name))))
figures(await import('/tillroll.js'), modules, ${long}, say)
done()
`

async function inChromium() {
  const { chromium } = await import('playwright-core')
  const texts = {
    '/': ['text/html', '<!doctype html><title>bench</title><script type="module" src="/page.mjs"></script>'],
    '/page.mjs': ['text/javascript', PAGE],
    '/figures.mjs': ['text/javascript', readFileSync(join(import.meta.dirname, 'figures.mjs'))],
    '/tillroll.js': ['text/javascript', readFileSync(join(folder, 'tillroll.js'))],
  }
  for (const name of MODULES) texts[`/${name}`] = ['application/wasm', readFileSync(join(folder, name))]
  const server = createServer(({ url }, response) => {
    const [type, text] = texts[url] ?? ['text/plain', '']
    // Apart from every other origin the clock of a page is exact to 5 us instead of 100.
    const apart = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
    response.writeHead(texts[url] ? 200 : 404, { 'content-type': type, ...apart }).end(text)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const executablePath = process.env.TILLROLL_CHROMIUM ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    const over = new Promise((resolve, reject) => {
      page.exposeFunction('done', resolve)
      page.on('pageerror', reject)
    })
    await page.exposeFunction('say', say)
    await page.goto(`http://127.0.0.1:${server.address().port}/`)
    await over
  } finally {
    await browser.close()
    server.close()
  }
}

await (words.includes('--chromium') ? inChromium() : inNode())
