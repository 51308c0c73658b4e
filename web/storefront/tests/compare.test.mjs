// The comparison: what it tells is what happens.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openContext, openPage, until } from '../../tests/harness/index.mjs'
import { BANANAS } from './catalogue.mjs'
import { EXPECTED, shot, startShop, violations } from './shop.mjs'

/** The whole story, with the delays of its networks. */
const STORY_MS_MAX = 120_000

const shop = await startShop()

/**
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').BrowserContextOptions} options
 */
const openComparison = async (t, options) => {
  const context = await openContext(t, { locale: 'en-US', reducedMotion: 'reduce', ...options })
  const page = await openPage(t, `${shop.url}/shop/compare?pace=0`, { context, allow: EXPECTED })
  const side = (/** @type {string} */ name) => page.locator(`[data-side="${name}"]`)
  const total = async (/** @type {string} */ name) =>
    Number(await side(name).locator('[data-total]').first().getAttribute('data-total'))
  await page.getByRole('button', { name: 'Play the story' }).waitFor()
  return { page, side, total }
}

test('the story ends with one cart that was never wrong, and one that is', async (t) => {
  const { page, side, total } = await openComparison(t, { viewport: { width: 1440, height: 900 } })
  await page.getByRole('button', { name: 'Play the story' }).click()
  await until('the till has its three', async () => (await total('till')) === 200)
  assert.equal(await total('hand'), 201, '0.67 times 3')
  await shot(page, 'compare-rounding')
  await until(
    'the late reply',
    async () => (await page.locator('[data-at="3"][data-story="after"]').count()) === 1,
    STORY_MS_MAX,
  )
  const removed = (/** @type {string} */ name) => side(name).locator(`li[data-sku="${BANANAS.sku}"]`).count()
  await until('the removed line is back', async () => (await removed('hand')) === 1)
  assert.deepEqual([await removed('ours'), await removed('till')], [0, 0])
  await until('and stays', async () => (await side('hand').textContent())?.includes('all answered'))
  assert.equal(await removed('hand'), 1)
  assert.deepEqual(await violations(page), [])
  await shot(page, 'compare-late-reply')
  await until('the story is over', async () => (await page.locator('[data-story="ended"]').count()) === 1, STORY_MS_MAX)
  await until('ours is the till’s', async () => (await total('ours')) === (await total('till')))
  assert.equal(await side('ours').locator('[data-worst]').getAttribute('data-worst'), '0')
  assert.notEqual(await total('hand'), await total('till'))
  await shot(page, 'compare-end')
})

test('free clicks go to all three, and a stopped story leaves a good network', async (t) => {
  const { page, total } = await openComparison(t, { colorScheme: 'dark', viewport: { width: 360, height: 740 } })
  await page.getByRole('button', { name: 'Play the story' }).click()
  await page.getByRole('button', { name: 'Stop' }).click()
  assert.equal(await page.getByRole('button', { name: 'Good', exact: true }).getAttribute('aria-pressed'), 'true')
  const clicks = page.getByRole('region', { name: 'Click for yourself' })
  await clicks
    .getByRole('button', { name: 'Add green tea' })
    .or(clicks.getByRole('button', { name: /^Add / }))
    .first()
    .click()
  await until(
    'ours is the till’s',
    async () => (await total('till')) > 0 && (await total('ours')) === (await total('till')),
  )
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360)
  assert.deepEqual(await violations(page), [])
  await shot(page, 'compare-narrow-dark')
})
