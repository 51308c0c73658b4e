// The timeline's budgets, in headless Chromium: how soon the band is there, how long a moment, a step and a drag take, how
// many rows are in the page and how much memory the tab has. `node web/timeline/bench/timeline.mjs` after a build.
import { readdirSync, readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { longLife, serveHistory } from '../tests/history.mjs'

const MOMENTS = 200
const STEPS = 200

/** @type {(() => unknown)[]} */
const ends = []
const whose = { after: (/** @type {() => unknown} */ end) => void ends.unshift(end) }

/** @typedef {import('playwright-core').Page} Page */

/** @param {number[]} sorted @param {number} part */
const part = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN

/** @param {string} what @param {number[]} values */
const line = (what, values) => {
  const sorted = values.toSorted((one, other) => one - other)
  console.log(
    `${what}: p50 ${part(sorted, 0.5).toFixed(1)} ms, p99 ${part(sorted, 0.99).toFixed(1)} ms, most ${part(sorted, 1).toFixed(1)} ms`,
  )
}

/**
 * Proportional memory of the one process that draws the tab, in MB.
 *
 * @param {number} parent
 */
const memory = (parent) => {
  const sizes = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const mine = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        if (!mine.includes('--type=renderer') || !isBelow(Number(pid), parent)) return []
        return [Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024]
      } catch {
        return []
      }
    })
  return Math.max(...sizes)
}

/** @param {number} pid @param {number} ancestor @returns {boolean} */
const isBelow = (pid, ancestor) => {
  const above = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  return above === ancestor || (above > 1 && isBelow(above, ancestor))
}

/**
 * Sees the band and the whole history come, from inside.
 *
 * @param {Page} page
 * @param {number} length
 */
const opening = (page, length) =>
  page.evaluate(
    (length) =>
      new Promise((resolve) => {
        /** @type {{ band: number, whole: number }} */
        const at = { band: 0, whole: 0 }
        const look = () => {
          const life = document.querySelector('[data-known]')
          if (life && at.band === 0 && document.querySelector('canvas')) at.band = performance.now()
          if (Number(life?.getAttribute('data-known')) === length) at.whole = performance.now()
          if (at.whole > 0) resolve(at)
          else requestAnimationFrame(look)
        }
        look()
      }),
    length,
  )

/**
 * Presses keys, or puts the slider somewhere, and waits each time until the state is that moment's and was drawn.
 *
 * @param {Page} page
 * @param {{ count: number, length: number, by: 'step' | 'seek' }} how
 * @returns {Promise<number[]>}
 */
const moments = (page, how) =>
  page.evaluate(async ({ count, length, by }) => {
    const slider = /** @type {HTMLInputElement} */ (document.querySelector('input[type=range]'))
    const set = /** @type {(value: string) => void} */ (
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set
    )
    const state = () => document.querySelector('[data-version][aria-busy]')
    const taken = []
    for (let nth = 0; nth < count; nth += 1) {
      const to = by === 'step' ? Number(slider.value) - 1 : 1 + ((nth * 48_271 + 11) % length)
      const begun = performance.now()
      if (by === 'step') document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }))
      else {
        set.call(slider, String(to))
        slider.dispatchEvent(new Event('input', { bubbles: true }))
      }
      while (state()?.getAttribute('data-version') !== String(to)) {
        await new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = resolve
          port2.postMessage(null)
        })
        if (performance.now() - begun > 5_000) throw new Error(`the moment ${to} did not come`)
      }
      taken.push(performance.now() - begun)
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    }
    return taken
  }, how)

/**
 * Drags the playhead over the whole band and gives the longest time without a frame.
 *
 * @param {Page} page
 */
const drag = async (page) => {
  const band = await page.locator('canvas').nth(1).boundingBox()
  if (!band) throw new Error('there is no band')
  await page.evaluate(() => {
    const frames = { last: performance.now(), most: 0, over: false }
    Object.assign(window, { frames })
    const look = () => {
      const now = performance.now()
      frames.most = Math.max(frames.most, now - frames.last)
      frames.last = now
      if (!frames.over) requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
  await page.mouse.move(band.x + 2, band.y + 20)
  await page.mouse.down()
  for (const back of [false, true]) {
    for (let nth = 0; nth <= 120; nth += 1) {
      await page.mouse.move(band.x + 2 + ((band.width - 4) * (back ? 120 - nth : nth)) / 120, band.y + 20)
    }
  }
  await page.mouse.up()
  return page.evaluate(() => {
    // @ts-expect-error: put there above
    window.frames.over = true
    // @ts-expect-error: put there above
    return window.frames.most
  })
}

/**
 * @param {import('playwright-core').BrowserServer} server
 * @param {import('playwright-core').Browser} browser
 * @param {number} length
 * @param {number} pageEvents
 */
const measure = async (server, browser, length, pageEvents) => {
  const served = await serveHistory(whose, { length, pageEvents, told: longLife })
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const before = memory(server.process().pid ?? 0)
  await page.goto(`${served.url}/timeline/cart/${served.cart}`, { waitUntil: 'commit' })
  const { band, whole } = /** @type {{ band: number, whole: number }} */ (await opening(page, length))
  console.log(
    `${length} events, ${(served.bytes / 2 ** 20).toFixed(1)} MB packed, ${Math.ceil(length / pageEvents)} pages`,
  )
  console.log(`  band after ${band.toFixed(0)} ms, all events after ${whole.toFixed(0)} ms`)
  await page.waitForTimeout(500)
  line('  a moment anywhere', await moments(page, { count: MOMENTS, length, by: 'seek' }))
  line('  a step', await moments(page, { count: STEPS, length, by: 'step' }))
  console.log(`  longest time without a frame in a drag over everything: ${(await drag(page)).toFixed(0)} ms`)
  const rows = await page.locator('[role=row], [role=treeitem]').count()
  console.log(`  rows in the page: ${rows}`)
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const after = memory(server.process().pid ?? 0)
  console.log(
    `  memory of the tab: ${after.toFixed(0)} MB, of which ${before.toFixed(0)} MB before anything was opened`,
  )
  await page.close()
}

const server = await chromium.launchServer({
  executablePath: process.env.TILLROLL_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  const browser = await chromium.connect(server.wsEndpoint())
  for (const [length, pageEvents] of /** @type {const} */ ([
    [100_000, 1_000],
    ...(process.argv[2] ? [] : [[1_000_000, 50_000]]),
  ])) {
    await measure(server, browser, length, pageEvents)
  }
} finally {
  await server.close()
  for (const end of ends) await end()
}
