// A site on loopback: files and pages as a careful shop would serve them, and the API under the same origin.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { request as ask, createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { atEnd } from './ends.mjs'

/** By the ends of names; a module or a wasm file of another type is refused by browsers. */
const TYPES = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.ico', 'image/x-icon'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.json', 'application/json'],
  ['.map', 'application/json'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.png', 'image/png'],
  ['.svg', 'image/svg+xml'],
  ['.wasm', 'application/wasm'],
  ['.woff2', 'font/woff2'],
])

/**
 * @typedef {object} SiteOptions
 * @property {Record<string, string>} [folders] folders by the start of their addresses, as in `{ '/shop/': dist }`
 * @property {Record<string, string>} [pages] texts by address, HTML unless its end says otherwise
 * @property {Record<string, Record<string, string>>} [imports] import maps, by the address of the page they stand in
 * @property {() => string} [api] where everything else goes; asked for each request, as the port changes with a restart
 */

/**
 * Serves until `whose` ends. Scripts run from this origin only, never from text in the page; wasm may be compiled.
 *
 * @param {import('./ends.mjs').Whose} whose
 * @param {SiteOptions} options
 * @returns {Promise<{ url: string }>}
 */
export const startSite = async (whose, { folders = {}, pages = {}, imports = {}, api }) => {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname)
    const map = imports[path] && JSON.stringify({ imports: imports[path] })
    const page = pages[path]
    const file = await fileAt(folders, path)
    if (page !== undefined) {
      response.writeHead(200, headers(path, map))
      response.end(map ? page.replace('<head>', `<head><script type="importmap">${map}</script>`) : page)
    } else if (file) {
      response.writeHead(200, headers(file))
      createReadStream(file).pipe(response)
    } else if (path === '/favicon.ico') {
      response.writeHead(204).end()
    } else if (api) {
      forward(request, response, api())
    } else {
      response.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(whose, () => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the site has no port')
  return { url: `http://127.0.0.1:${address.port}` }
}

/**
 * @param {string} name
 * @param {string} [map] the import map, the one script that stands in a page
 */
const headers = (name, map) => ({
  'content-type': TYPES.get(extname(name)) ?? 'text/html; charset=utf-8',
  'content-security-policy': policy(map),
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
})

/** @param {string} [map] */
const policy = (map) => {
  const listed = map ? ` 'sha256-${createHash('sha256').update(map).digest('base64')}'` : ''
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval'${listed}`,
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/**
 * @param {Record<string, string>} folders
 * @param {string} path
 */
const fileAt = async (folders, path) => {
  for (const [start, folder] of Object.entries(folders)) {
    if (!path.startsWith(start) || normalize(path) !== path) continue
    const name = path.slice(start.length)
    const file = join(folder, name === '' || name.endsWith('/') ? `${name}index.html` : name)
    const found = await stat(file).catch(() => undefined)
    if (found?.isFile()) return file
  }
  return undefined
}

/**
 * As a plain proxy does it, streams too. A system that is not there looks to the browser like one that hangs up.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {string} api
 */
const forward = (request, response, api) => {
  const { method, url, headers } = request
  const asked = ask(new URL(url ?? '/', api), { method, headers: { ...headers, host: new URL(api).host } })
  asked.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    response.flushHeaders()
    answer.on('error', () => response.destroy())
    answer.pipe(response)
  })
  asked.on('error', () => response.destroy())
  response.on('close', () => asked.destroy())
  request.pipe(asked)
}
