// Two thousand products scroll: what the page has to do for it, and how long that took here.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openShop, startShop } from './shop.mjs'

const shop = await startShop()
/** Steps of a scroll through everything, a frame each. */
const FRAMES = 120

test('a scroll through everything on the shelves keeps a few cards in the page', async (t) => {
  const { page } = await openShop(t, shop)
  const { frames, long, longestMs, last } = await page.evaluate(async (frames) => {
    /** @type {number[]} */
    const long = []
    const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)))
    observer.observe({ type: 'longtask' })
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    for (let step = 1; step <= frames; step += 1) {
      scrollTo(0, (document.documentElement.scrollHeight * step) / frames)
      await frame()
    }
    await frame()
    const last = document.querySelectorAll('[data-nth]').length
    return { frames, long: long.length, longestMs: Math.max(0, ...long), last }
  }, FRAMES)
  t.diagnostic(`${frames} frames, ${long} tasks over 50 ms, the longest ${longestMs} ms`)
  // What is in the page decides how long a frame takes, on any machine; the times are for whoever looks.
  assert.ok(last > 0 && last <= 60, `${last} cards are in the page`)
})
