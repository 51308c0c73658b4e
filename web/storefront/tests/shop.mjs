// The built shop and the system behind it, started once a file of tests; and where things are in it.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openContext, openPage, startSite, startTillroll } from '../../tests/harness/index.mjs'
import { catalogueFile } from './catalogue.mjs'

/** The pages as they ship: `npm run build` made them. */
export const BUILT = fileURLToPath(new URL('../dist', import.meta.url))
const SHOTS = fileURLToPath(new URL('../../tests/shots', import.meta.url))
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const EVERYWHERE = { after: (/** @type {() => unknown} */ end) => after(async () => void (await end())) }

/** What a page logs because of what tests do: a system that is down. */
export const EXPECTED = [/ERR_EMPTY_RESPONSE|ERR_CONNECTION|ERR_INCOMPLETE_CHUNKED_ENCODING/]

/** The system with the price list of the tests, and the shop in front of it; both end with the file that starts them. */
export const startShop = async () => {
  const prices = await catalogueFile(EVERYWHERE)
  const tillroll = await startTillroll(EVERYWHERE, { catalogue: prices.path })
  const page = await readFile(join(BUILT, 'index.html'), 'utf8')
  const site = await startSite(EVERYWHERE, {
    folders: { '/shop/': BUILT },
    pages: { '/shop/compare': page },
    api: () => tillroll.url,
  })
  return { url: site.url, tillroll, prices }
}

/**
 * Opens the shop in a profile of its own, or as another tab of a profile.
 *
 * @param {import('../../tests/harness/ends.mjs').Whose} whose
 * @param {{ url: string }} shop
 * @param {import('playwright-core').BrowserContextOptions & { context?: import('playwright-core').BrowserContext, allow?: RegExp[] }} [options]
 */
export const openShop = async (whose, { url }, { context, allow = [], ...options } = {}) => {
  const profile =
    context ?? (await openContext(whose, { locale: 'en-US', viewport: { width: 1440, height: 900 }, ...options }))
  const page = await openPage(whose, `${url}/shop/`, { context: profile, allow: [...EXPECTED, ...allow] })
  await page.locator('[data-nth="0"]').waitFor()
  return { page, profile, at: places(page) }
}

/** @param {import('playwright-core').Page} page */
const places = (page) => ({
  search: page.getByRole('searchbox', { name: 'Search the shop' }),
  product: (/** @type {string} */ sku) => page.locator(`[data-product="${sku}"]`),
  lines: page.locator('[aria-label="Lines of the cart"] > li'),
  line: (/** @type {string} */ sku) => page.locator(`[aria-label="Lines of the cart"] > li[data-sku="${sku}"]`),
  total: page.locator('dd[data-total]').first(),
  code: page.getByLabel('Discount code'),
  connection: page.locator('[data-connection]'),
  network: page.getByRole('button', { name: 'Make the network bad' }),
  attention: page.getByRole('region', { name: 'Needs your attention' }),
  said: page.locator('[data-announcer]'),
})

/**
 * The id of the cart that this browser has.
 *
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string>}
 */
export const cartOf = async (page) => {
  const id = await page.evaluate(() => localStorage.getItem('tillroll.shop.cart'))
  if (!id) throw new Error('this browser has no cart')
  return id
}

/**
 * A picture of the window, to be looked at: the page itself is as long as its shelves.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export const shot = (page, name) => page.screenshot({ path: join(SHOTS, `${name}.png`) })

/**
 * What axe finds wrong with the page as it is now.
 *
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string[]>}
 */
export const violations = async (page) => {
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
