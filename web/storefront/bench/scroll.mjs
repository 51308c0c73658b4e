// node web/storefront/bench/scroll.mjs [URL]: how long frames take while somebody scrolls through everything in the shop,
// and while somebody types in its search. The shop is the built one, before a `tillroll dev` with the sample data, which is
// started unless the address of a running one is given (TILLROLL_DEMO_DATA says where the data lies, if not in .data/).
import { readFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { startSite } from '../../tests/harness/site.mjs'
import { startTillroll } from '../../tests/harness/tillroll.mjs'
import { until } from '../../tests/harness/until.mjs'

const BUILT = fileURLToPath(new URL('../dist', import.meta.url))
const WIDE = { viewport: { width: 1440, height: 900 } }
const NARROW = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true }
/** A real shop's shelves are long. */
const PRODUCTS_MIN = 2_000
/** How far a flick of the wheel goes in a frame, and how often. */
const SCROLLS = [
  ['slowly', 60, 600],
  ['fast', 600, 300],
]
const TYPED = ['chocolate milk', 'fresh bread', 'zzz', 'salad dressing']
const KEY_MS = 90

/** @type {(() => unknown)[]} */
const ends = []
const whose = { after: (/** @type {() => unknown} */ end) => void ends.push(end) }

/** Frames from now on, by when each one began. */
const watch = () => {
  const frames = [performance.now()]
  const scope = /** @type {any} */ (window)
  scope.watching = true
  const next = (/** @type {number} */ now) => {
    frames.push(now)
    if (scope.watching) requestAnimationFrame(next)
    else scope.frames = frames
  }
  requestAnimationFrame(next)
}

/** @param {import('playwright-core').Page} page */
const watched = async (page) => {
  await page.evaluate(() => {
    const scope = /** @type {any} */ (window)
    scope.watching = false
  })
  await page.waitForFunction(() => /** @type {any} */ (window).frames !== undefined)
  return page.evaluate(() => {
    const scope = /** @type {any} */ (window)
    const frames = /** @type {number[]} */ (scope.frames)
    scope.frames = undefined
    return frames.slice(1).map((now, nth) => now - (frames[nth] ?? now))
  })
}

/**
 * A frame that is late by less than a fifth of one is in time: the clock of a screen is no better.
 *
 * @param {string} what
 * @param {number[]} took
 */
const say = (what, took) => {
  const sorted = took.toSorted((a, b) => a - b)
  const at = (/** @type {number} */ part) => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1)
  const over = (/** @type {number} */ ms) => took.filter((one) => one > ms * 1.2).length
  const cells = [took.length, over(16.7), over(50), at(0.5), at(0.99), at(1)]
  console.log(`${what.padEnd(34)}${cells.map((cell) => String(cell).padStart(9)).join('')}`)
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {string} name
 * @param {import('playwright-core').BrowserContextOptions} size
 */
const measure = async (browser, url, name, size) => {
  const context = await browser.newContext({ locale: 'en-US', ...size })
  const page = await context.newPage()
  await page.goto(`${url}/shop/`)
  await page.locator('[data-nth="0"]').waitFor()
  await page.evaluate(watch)
  await page.waitForTimeout(1_000)
  say(`${name}: nothing`, await watched(page))
  for (const [how, step, times] of SCROLLS) {
    await page.evaluate(() => scrollTo(0, 0))
    await page.evaluate(watch)
    await page.evaluate(
      async ([step = 0, times = 0]) => {
        for (let nth = 0; nth < times; nth += 1) {
          scrollBy(0, step)
          await new Promise((resolve) => requestAnimationFrame(resolve))
        }
      },
      [Number(step), Number(times)],
    )
    say(`${name}: scrolled ${how}`, await watched(page))
  }
  await page.evaluate(() => scrollTo(0, 0))
  const search = page.getByRole('searchbox', { name: 'Search the shop' })
  await search.click()
  await page.evaluate(watch)
  for (const words of TYPED) {
    await search.pressSequentially(words, { delay: KEY_MS })
    for (let left = words.length; left > 0; left -= 1) await search.press('Backspace', { delay: KEY_MS })
  }
  say(`${name}: typed in the search`, await watched(page))
  await context.close()
}

try {
  const given = process.argv[2]
  const api = given ?? (await startTillroll(whose, { demo: true })).url
  const shelves = async () => {
    const reply = await fetch(`${api}/catalogue`)
    return reply.ok ? /** @type {any} */ (await reply.json()).items.length : 0
  }
  const products = await until('the shop has a price list', shelves, 120_000)
  if (products < PRODUCTS_MIN) console.log(`only ${products} products: bring the sample data with \`cargo xtask data\``)
  const page = await readFile(join(BUILT, 'index.html'), 'utf8')
  const { url } = await startSite(whose, {
    folders: { '/shop/': BUILT },
    pages: { '/shop/': page },
    api: () => api,
  })
  const executablePath = process.env.TILLROLL_CHROMIUM ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  whose.after(() => browser.close())
  console.log(`${products} products, load ${loadavg()[0]?.toFixed(1)}; milliseconds from frame to frame`)
  const heads = ['frames', '> 16.7', '> 50', 'p50', 'p99', 'longest']
  console.log(`${' '.repeat(34)}${heads.map((head) => head.padStart(9)).join('')}`)
  await measure(browser, url, '1440 x 900', WIDE)
  await measure(browser, url, '390 x 844', NARROW)
} finally {
  for (const end of ends.reverse()) await end()
}
