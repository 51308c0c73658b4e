// The built debugger as `tillroll dev` serves it, started once a file of tests; and what its tests need again and again.
import { randomUUID } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openContext, openPage, startTillroll } from '../../tests/harness/index.mjs'

const SHOTS = fileURLToPath(new URL('../../tests/shots', import.meta.url))
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const EVERYWHERE = { after: (/** @type {() => unknown} */ end) => after(async () => void (await end())) }

/** What a page logs because of what tests do: what is not there, a cart that is closed, a system that is down. */
export const EXPECTED = [
  /404 \(Not Found\)/,
  /410 \(Gone\)/,
  /ERR_EMPTY_RESPONSE|ERR_CONNECTION|ERR_INCOMPLETE_CHUNKED_ENCODING/,
]

/** @typedef {Awaited<ReturnType<typeof startDebugger>>} Debugger */

/** Two items and a code, for tests that need prices. */
export const CATALOGUE = fileURLToPath(new URL('catalogue.json', import.meta.url))

/**
 * The whole system, which serves the pages under its own policy; it ends with the file that starts it.
 *
 * @param {Parameters<typeof startTillroll>[1]} [options]
 */
export const startDebugger = async (options) => {
  const tillroll = await startTillroll(EVERYWHERE, options)
  return { tillroll }
}

/**
 * Opens an address below `/timeline/`, in a profile of its own or as another tab of one.
 *
 * @param {import('../../tests/harness/ends.mjs').Whose} whose
 * @param {{ tillroll: { url: string } }} of
 * @param {string} path as `cart/<id>?v=3`
 * @param {import('playwright-core').BrowserContextOptions & { context?: import('playwright-core').BrowserContext, allow?: RegExp[] }} [options]
 */
export const openDebugger = async (whose, { tillroll }, path, { context, allow = [], ...options } = {}) => {
  const profile =
    context ??
    (await openContext(whose, {
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      viewport: { width: 1440, height: 900 },
      ...options,
    }))
  return openPage(whose, `${tillroll.url}/timeline/${path}`, { context: profile, allow: [...EXPECTED, ...allow] })
}

/**
 * Opens a cart and gives it commands, each with an id of its own; what is refused stays refused.
 *
 * @param {Debugger['tillroll']} tillroll
 * @param {readonly { type: string, data?: unknown }[]} commands
 * @param {{ cart?: string, currency?: string }} [options]
 * @returns {Promise<string>} the cart's id
 */
export const makeCart = async (tillroll, commands, { cart = randomUUID(), currency = 'EUR' } = {}) => {
  await tillroll.ask('/carts', { command_id: randomUUID(), cart_id: cart, currency })
  await command(tillroll, cart, commands)
  return cart
}

/** Most commands of one request. */
const COMMANDS_MAX = 25

/**
 * @param {Debugger['tillroll']} tillroll
 * @param {string} cart
 * @param {readonly { type: string, data?: unknown }[]} commands
 */
export const command = async (tillroll, cart, commands) => {
  for (let first = 0; first < commands.length; first += COMMANDS_MAX) {
    const some = commands.slice(first, first + COMMANDS_MAX)
    const named = some.map((one) => ({ data: {}, ...one, command_id: randomUUID() }))
    await tillroll.ask(`/carts/${cart}/commands`, { commands: named })
  }
}

/**
 * Asks for references to persons, with a reason; gives the dialog.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} reason
 */
export const showPersons = async (page, reason) => {
  await page.getByRole('button', { name: 'Personal data' }).click()
  const dialog = page.getByRole('dialog', { name: 'Show references to persons' })
  await dialog.getByRole('textbox', { name: 'Why' }).fill(reason)
  await dialog.getByRole('button', { name: 'Show them' }).click()
  return dialog
}

/**
 * Waits for what moves: half-way, colours are other ones.
 *
 * @param {import('playwright-core').Page} page
 */
const settled = (page) =>
  page.evaluate(async () => {
    const moving = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity)
    await Promise.allSettled(moving.map(({ finished }) => finished))
  })

/**
 * A picture of the window, to be looked at.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export const shot = async (page, name) => {
  await mkdir(SHOTS, { recursive: true })
  await settled(page)
  await page.screenshot({ path: join(SHOTS, `${name}.png`) })
}

/**
 * What axe finds wrong with the page as it is now.
 *
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string[]>}
 */
export const violations = async (page) => {
  await settled(page)
  await page.evaluate(await readFile(AXE, 'utf8'))
  return page.evaluate(async () => {
    // @ts-expect-error: axe puts itself there
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
    return violations.map(
      (/** @type {{ id: string, nodes: { html: string, failureSummary: string }[] }} */ { id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join('\n')}`,
    )
  })
}
