// The entry for edge runtimes in Cloudflare's own, which compiles no wasm while it runs: a cart decides there, and React
// renders it. What Next.js does with the package is this and the page of react.test.mjs; Next.js itself is 300 MB.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'
import { inProject } from './cart-page.mjs'
import { skippedOnADesk } from './harness/ci.mjs'
import { until } from './harness/index.mjs'

/** The program itself: npm's `bin` is a script that asks Node for it. */
const program = () => {
  try {
    const own = createRequire(import.meta.url).resolve('workerd/package.json')
    return createRequire(own).resolve(`@cloudflare/workerd-${process.platform}-${NAMES[process.arch]}/bin/workerd`)
  } catch {
    return undefined
  }
}
/** @type {Record<string, string>} */
const NAMES = { x64: '64', arm64: 'arm64' }
const workerd = program()
const skip = skippedOnADesk(workerd ? false : 'there is no workerd for this machine')

const WORKER = `
import { createCart, isReady, openCart } from '@tillroll/cart'
import { useCart } from '@tillroll/cart/react'
import { createElement as h } from 'react'
import { renderToString } from 'react-dom/server.edge'

const never = () => new Promise(() => {})
const id = '00000000-0000-4000-8000-000000000001'
const transport = { send: never, open: never, page: never }

async function decided() {
  const cart = await openCart({ id, transport, open: { currency: 'EUR' }, catalogue: null })
  cart.dispatch({ type: 'AddItem', data: { item_name: 'Tea', quantity: 3, price: { minor: 349 } } })
  const timeline = await cart.timeline()
  const { code } = cart.dispatch({ type: 'RemoveItem', data: { sku: 'Jam' } }).refusal
  const said = { total: cart.getSnapshot().totals.total_minor, code, storage: cart.getSnapshot().storage, past: timeline.length }
  await cart.close()
  return said
}

function Lines({ cart }) {
  const { lines, totals } = useCart(cart)
  return h('p', null, lines.map((line) => line.quantity + ' ' + line.item_name).join(), ': ', totals.total_minor)
}

async function rendered(initial) {
  const cart = createCart({ id, transport, initial })
  const html = renderToString(h(Lines, { cart }))
  await cart.close()
  return html
}

const atStart = isReady()

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/decided') return Response.json({ atStart, ...(await decided()) })
    return new Response(await rendered(await request.json()))
  },
}
`

/** What the bundle imports as modules. */
const WASM = ['tillroll_bg.wasm', 'tillroll_timeline_bg.wasm']

/** What `GET /carts/{id}` gives, as much of it as is shown. */
const STATE = {
  cart_id: '00000000-0000-4000-8000-000000000001',
  status: 'open',
  version: 2,
  currency: 'EUR',
  owner_ref: null,
  lines: [{ sku: 'tea', item_name: 'Tea', quantity: 2, price: { minor: 349, per: 1 }, total_minor: 698 }],
  discounts: [],
  subtotal_minor: 698,
  discount_minor: 0,
  total_minor: 698,
  unknown_events: 0,
  state_hash: '0000000000000000',
}

/** A port that nothing listens on now. */
const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('there is no port')
  return address.port
}

test('on an edge runtime a cart decides, and a page is rendered with it', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tillroll-edge-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await build({
    stdin: { contents: WORKER, resolveDir: inProject('web/tests') },
    outfile: join(folder, 'worker.js'),
    // The one beside this file leads to the sources.
    tsconfigRaw: {},
    bundle: true,
    format: 'esm',
    conditions: ['workerd'],
    // React asks which one it is to be.
    define: { 'process.env.NODE_ENV': '"production"' },
    external: ['*.wasm'],
    logLevel: 'error',
  })
  for (const name of WASM) await copyFile(inProject(`web/cart/dist/${name}`), join(folder, name))
  const port = await freePort()
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [
      (name = "worker.js", esModule = embed "worker.js"),
      ${WASM.map((name) => `(name = "${name}", wasm = embed "${name}")`).join(', ')},
    ],
    compatibilityDate = "2026-01-01",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`
  await writeFile(join(folder, 'config.capnp'), config)
  const running = spawn(String(workerd), ['serve', join(folder, 'config.capnp')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => running.kill('SIGKILL'))
  let said = ''
  running.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-4_000)
  })
  const url = `http://127.0.0.1:${port}`
  const decided = await until('the worker answers', async () => {
    if (running.exitCode !== null) return { said }
    const response = await fetch(`${url}/decided`)
    return response.ok ? response.json() : { said }
  })
  assert.deepEqual(decided, { atStart: false, total: 1047, code: 'line_not_found', storage: 'memory', past: 0 })
  const page = await fetch(`${url}/page`, { method: 'POST', body: JSON.stringify(STATE) })
  assert.equal(await page.text(), '<p>2 Tea<!-- -->: <!-- -->698</p>', said)
})
