// The timeline's budgets, in headless Chromium: how soon the band is there, how long a moment, a step and a drag take, how
// many rows are in the page, how much memory the tab has, and whether the page goes on while a what-if is worked out.
// `node web/timeline/bench/timeline.mjs` after a build; with any word behind it without the million events.
import { readdirSync, readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { longLife, serveHistory } from '../tests/history.mjs'

const MOMENTS = 200
const STEPS = 200
/** A longer life cannot be asked. */
const WHAT_IF_EVENTS_MAX = 100_000
/** Nobody waits longer. */
const OPENED_MS_MAX = 60_000

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
 * Presses keys, or puts the slider somewhere, and waits each time until the state is that moment's and was drawn. Runs in
 * the page.
 *
 * @param {{ count: number, length: number, by: 'step' | 'seek' }} how
 * @returns {Promise<number[]>}
 */
const moments = async ({ count, length, by }) => {
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
}

/**
 * Begins to look for the longest time without a frame; what it gives ends that and tells it.
 *
 * @param {Page} page
 */
const watchFrames = async (page) => {
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
  return () =>
    page.evaluate(() => {
      // @ts-expect-error: put there above
      const { frames } = window
      frames.over = true
      return /** @type {number} */ (Math.max(frames.most, performance.now() - frames.last))
    })
}

/**
 * Drags the playhead over the whole band and gives the longest time without a frame.
 *
 * @param {Page} page
 */
const drag = async (page) => {
  const band = await page.locator('canvas').nth(1).boundingBox()
  if (!band) throw new Error('there is no band')
  const longest = await watchFrames(page)
  await page.mouse.move(band.x + 2, band.y + 20)
  await page.mouse.down()
  for (const back of [false, true]) {
    for (let nth = 0; nth <= 120; nth += 1) {
      await page.mouse.move(band.x + 2 + ((band.width - 4) * (back ? 120 - nth : nth)) / 120, band.y + 20)
    }
  }
  await page.mouse.up()
  return longest()
}

/**
 * Leaves an event out of a long life.
 *
 * @param {Page} page
 * @param {string} address of the what-if
 */
const whatIf = async (page, address) => {
  await page.goto(`${address}?v=5`)
  await page.locator('[role=row][data-fate=same]').first().waitFor({ timeout: OPENED_MS_MAX })
  const edits = Buffer.from(JSON.stringify([{ edit: 'drop', version: 5 }])).toString('base64url')
  const longest = await watchFrames(page)
  const begun = performance.now()
  await page.evaluate((fragment) => {
    location.hash = fragment
  }, `e=${edits}`)
  await page.locator('[role=row][data-fate=dropped]').waitFor({ timeout: OPENED_MS_MAX })
  const taken = performance.now() - begun
  console.log(
    `  what if: answered after ${taken.toFixed(0)} ms, longest time without a frame ${(await longest()).toFixed(0)} ms`,
  )
}

/**
 * How much memory a tab takes that nobody inspects: for one that is driven, Chromium keeps a copy of everything that it
 * fetched. Looks at as many moments as were measured, and then has what is left over collected.
 *
 * @param {import('playwright-core').BrowserServer} server
 * @param {import('playwright-core').Browser} browser
 * @param {string} address
 * @param {number} length
 */
const memoryOf = async (server, browser, address, length) => {
  const session = await browser.newBrowserCDPSession()
  const { targetId } = await session.send('Target.createTarget', { url: 'about:blank', width: 1440, height: 900 })
  const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false })
  let nth = 0
  /** @param {string} method @param {object} [params] @returns {Promise<any>} */
  const send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      nth += 1
      const id = nth
      const hear = (/** @type {{ sessionId: string, message: string }} */ given) => {
        const { id: of, result, error } = JSON.parse(given.message)
        if (given.sessionId !== sessionId || of !== id) return
        session.off('Target.receivedMessageFromTarget', hear)
        if (error) reject(new Error(`${method}: ${error.message}`))
        else resolve(result)
      }
      session.on('Target.receivedMessageFromTarget', hear)
      session
        .send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) })
        .catch(reject)
    })
  /** @param {string} expression */
  const run = async (expression) => {
    const { result, exceptionDetails } = await send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }
  const before = memory(server.process().pid ?? 0)
  await run(`void (location.href = ${JSON.stringify(address)})`)
  const known = () => run(`Number(document.querySelector('[data-known]')?.getAttribute('data-known'))`).catch(() => 0)
  for (const until = Date.now() + OPENED_MS_MAX; (await known()) !== length; ) {
    if (Date.now() > until) throw new Error('the history did not come')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  for (const by of /** @type {const} */ (['seek', 'step'])) {
    await run(`(${moments})(${JSON.stringify({ count: MOMENTS, length, by })})`)
  }
  const used = memory(server.process().pid ?? 0)
  await send('HeapProfiler.collectGarbage')
  const after = memory(server.process().pid ?? 0)
  await session.send('Target.closeTarget', { targetId })
  console.log(
    `  memory of the tab: ${after.toFixed(0)} MB, ${used.toFixed(0)} MB before garbage was collected, ${before.toFixed(0)} MB before anything was opened`,
  )
}

/**
 * @param {import('playwright-core').BrowserServer} server
 * @param {import('playwright-core').Browser} browser
 * @param {number} length
 * @param {number} pageEvents
 */
const measure = async (server, browser, length, pageEvents) => {
  const served = await serveHistory(whose, { length, pageEvents, told: longLife })
  const address = `${served.url}/timeline/cart/${served.cart}`
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(address, { waitUntil: 'commit' })
  const { band, whole } = /** @type {{ band: number, whole: number }} */ (await opening(page, length))
  console.log(
    `${length} events, ${(served.bytes / 2 ** 20).toFixed(1)} MB packed, ${Math.ceil(length / pageEvents)} pages`,
  )
  console.log(`  band after ${band.toFixed(0)} ms, all events after ${whole.toFixed(0)} ms`)
  await page.waitForTimeout(500)
  await page.locator(`[role=row][aria-selected=true][aria-rowindex="${length + 1}"]`).waitFor()
  line('  a moment anywhere', await page.evaluate(moments, { count: MOMENTS, length, by: 'seek' }))
  line('  a step', await page.evaluate(moments, { count: STEPS, length, by: 'step' }))
  console.log(`  longest time without a frame in a drag over everything: ${(await drag(page)).toFixed(0)} ms`)
  const rows = await page.locator('[role=row], [role=treeitem]').count()
  console.log(`  rows in the page: ${rows}`)
  if (length <= WHAT_IF_EVENTS_MAX) await whatIf(page, `${served.url}/timeline/whatif/${served.cart}`)
  await page.close()
  await memoryOf(server, browser, address, length)
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
