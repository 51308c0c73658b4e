// `/react` as React uses it in development: a page that Node rendered is taken over under StrictMode, which mounts everything
// twice. No subscription is lost or left behind, and nothing is dispatched twice.
import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCart } from '@tillroll/cart'
import { build } from 'esbuild'
import { createElement as h, StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { add, inProject, isReady, startShop } from './cart-page.mjs'
import { openPage, startSite, until } from './harness/index.mjs'
import { App, WELCOME } from './page/react-app.mjs'

/**
 * The page, bundled as a shop in development would.
 *
 * @param {import('node:test').TestContext} t
 */
const bundled = async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tillroll-react-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await build({
    entryPoints: [inProject('web/tests/page/react.mjs')],
    outdir: folder,
    // The one beside the page leads to the sources.
    tsconfigRaw: {},
    bundle: true,
    splitting: true,
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"development"' },
    logLevel: 'error',
  })
  await copyFile(inProject('web/cart/dist/tillroll_bg.wasm'), join(folder, 'tillroll_bg.wasm'))
  return folder
}

/**
 * What a server does: renders the state that it has.
 *
 * @param {import('@tillroll/cart').CartState} initial
 */
const rendered = async (initial) => {
  const never = () => new Promise(() => {})
  const transport = /** @type {import('@tillroll/cart').Transport} */ ({ send: never, open: never, page: never })
  const cart = createCart({ id: initial.cart_id, transport, initial })
  const html = renderToString(h(StrictMode, null, h(App, { cart })))
  await cart.close()
  return html
}

test('a page that a server rendered is taken over under StrictMode, and each command counts once', async (t) => {
  const shop = await startShop(t)
  await shop.does(add('Bread', 2))
  const initial = await shop.tillroll.ask(`/carts/${shop.cart}`)
  const html = await rendered(initial)
  assert.match(html, /<span id="badge">2<\/span>.*<li>2 bread<\/li>/)
  const page = `<!doctype html><html lang="en"><head><title>loading</title></head>
<body><div id="root">${html}</div><script type="module" src="/built/react.js"></script></body></html>`
  const site = await startSite(t, {
    folders: { '/built/': await bundled(t) },
    pages: { '/': page, '/initial.json': JSON.stringify(initial) },
    api: () => shop.tillroll.url,
  })
  // Any warning of React fails this, as one of a page that is another than the server's.
  const tab = await openPage(t, `${site.url}/?cart=${shop.cart}`)
  await isReady(tab)
  assert.deepEqual(await tab.evaluate(() => Reflect.get(globalThis, 'recovered')), [])

  const lines = () => tab.locator('li').allTextContents()
  const shows = (/** @type {string[]} */ ...expected) =>
    until(`it shows ${expected}`, async () => String(await lines()) === String(expected))
  const listening = () => tab.evaluate(() => ({ ...Reflect.get(globalThis, 'listening') }))
  await shows('2 bread', '1 eggs')
  const { now, ever } = await listening()
  assert.equal(now, 2, 'one for each hook')
  assert.ok(ever >= 2 * now, 'everything was mounted twice')

  await tab.getByRole('button', { name: 'Add' }).click()
  await shows('2 bread', '1 eggs', '1 tea')
  await shop.does(add('Bread'))
  await shows('3 bread', '1 eggs', '1 tea')
  assert.equal(await tab.locator('#badge').textContent(), '5')

  const show = (/** @type {boolean} */ shown) => tab.evaluate((shown) => Reflect.get(globalThis, 'show')(shown), shown)
  await show(false)
  await until('nobody listens', async () => (await listening()).now === 0)
  await shop.does(add('Tea'))
  await show(true)
  await shows('3 bread', '1 eggs', '2 tea')
  await shop.does(add('Tea'))
  await shows('3 bread', '1 eggs', '3 tea')
  assert.equal((await listening()).now, 2)

  const events = await shop.tillroll.events(shop.cart)
  assert.equal(events.filter(({ commandid }) => commandid === WELCOME).length, 1)
  assert.equal(events.filter(({ data }) => data.sku === 'tea').length, 3, 'a click is one')
})
