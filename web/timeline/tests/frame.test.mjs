// What is around every screen: search, keys, commands, times, colours.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDebugger, shot, startDebugger, violations } from './debugger.mjs'

const debug = await startDebugger()

test('the sheet of keys and the palette open by keys, close by Escape, and nothing is wrong with them', async (t) => {
  const page = await openDebugger(t, debug, 'nowhere/at/all')
  await page.getByRole('banner').waitFor()
  assert.deepEqual(await violations(page), [])
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).getByText('Commands').waitFor()
  await shot(page, 'keys-light')
  assert.deepEqual(await violations(page), [])
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog', { name: 'Commands' }).waitFor()
  assert.deepEqual(await violations(page), [])
  await page.keyboard.type('all keys')
  await shot(page, 'palette-light')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
})

test('who works by keys may skip what is on every screen', async (t) => {
  const page = await openDebugger(t, debug, '')
  await page.getByRole('banner').waitFor()
  await page.keyboard.press('Tab')
  const skip = page.getByRole('button', { name: 'Skip to the screen' })
  assert.ok(await skip.evaluate((it) => it === document.activeElement && it.getBoundingClientRect().top >= 0))
  assert.deepEqual(await violations(page), [])
  await page.keyboard.press('Enter')
  assert.ok(await page.getByRole('main').evaluate((it) => it === document.activeElement))
})

test('the search box takes an id wherever it stands, with a version, and else a word', async (t) => {
  const cart = '0f0e0d0c-9dad-41d1-80b4-00c04fd430c8'
  for (const [typed, path, query] of [
    [cart.toUpperCase(), `cart/${cart}`, ''],
    [`${cart}@7`, `cart/${cart}`, '?v=7'],
    [`"cart_id":"${cart}",`, `cart/${cart}`, ''],
    [`http://somewhere/timeline/cart/${cart}?a=1&v=12`, `cart/${cart}`, '?v=12'],
    ['oat milk', '', '?q=oat+milk'],
  ]) {
    const page = await openDebugger(t, debug, 'nowhere')
    await page.getByRole('searchbox').fill(String(typed))
    await page.keyboard.press('Enter')
    const { pathname, search } = new URL(page.url())
    assert.deepEqual([pathname, search], [`/timeline/${path}`, query], String(typed))
    await page.close()
  }
})

test('single letters can be turned off, and stay off', async (t) => {
  const page = await openDebugger(t, debug, 'nowhere')
  await page.getByRole('banner').waitFor()
  await page.keyboard.press('?')
  await page.getByRole('switch', { name: 'Single letters do something' }).uncheck()
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  assert.equal(await page.getByRole('dialog').count(), 0)
  await page.reload()
  await page.getByRole('banner').waitFor()
  await page.keyboard.press('?')
  assert.equal(await page.getByRole('dialog').count(), 0)
  await page.getByRole('button', { name: 'All keys' }).click()
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
})
