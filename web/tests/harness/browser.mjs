// Chromium, started once a file of tests and driven by playwright. A tab in which an error was logged fails its test.
import assert from 'node:assert/strict'
import { accessSync, constants } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { atEnd } from './ends.mjs'
import { BOUND_MS } from './until.mjs'

/** Looked for in PATH, unless TILLROLL_CHROMIUM names a program. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const SHOTS = fileURLToPath(new URL('../shots', import.meta.url))

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let started

/** The one browser of this process. */
const browser = () => {
  // Without a sandbox because tests run as root in containers; all they open is served by themselves.
  started ??= chromium.launch({ executablePath: program(), args: ['--no-sandbox'] })
  return started
}

after(async () => (await started)?.close())

const program = () => {
  const named = process.env.TILLROLL_CHROMIUM
  if (named) return named
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
  if (!found) throw new Error(`none of ${NAMES.join(', ')} is in PATH: install one, or name it in TILLROLL_CHROMIUM`)
  return found
}

/** @param {string} path */
const isProgram = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * A profile of its own: storage, locks and channels that its tabs share and no other context sees.
 *
 * @param {import('./ends.mjs').Whose} whose
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export const openContext = async (whose, options) => {
  const context = await (await browser()).newContext(options)
  context.setDefaultTimeout(BOUND_MS)
  atEnd(whose, () => context.close())
  return context
}

/**
 * Opens a tab. When `whose` ends, everything that the page threw or logged as an error must match one of `allow`: what
 * a test breaks on purpose, as a connection.
 *
 * @param {import('./ends.mjs').Whose} whose
 * @param {string} address
 * @param {object} [options]
 * @param {import('playwright-core').BrowserContext} [options.context] a new one when there is none
 * @param {RegExp[]} [options.allow]
 */
export const openPage = async (whose, address, { context, allow = [] } = {}) => {
  const tab = await (context ?? (await openContext(whose))).newPage()
  /** @type {string[]} */
  const errors = []
  tab.on('pageerror', (error) => errors.push(error.stack ?? error.message))
  tab.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`)
  })
  atEnd(whose, () => {
    const surprises = errors.filter((error) => !allow.some((expected) => expected.test(error)))
    assert.deepEqual(surprises, [], `errors in ${address}`)
  })
  await tab.goto(address)
  return tab
}

/**
 * Takes a picture of the whole page into web/tests/shots, which git ignores.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export const shot = async (page, name) => {
  await mkdir(SHOTS, { recursive: true })
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true })
}
