// Where the timeline says that one stands: slider, list, state and address, each asked for itself.
import assert from 'node:assert/strict'
import { until } from '../../tests/harness/index.mjs'

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page */
export const parts = (page) => ({
  slider: page.getByRole('slider', { name: 'Moment' }),
  list: page.getByRole('grid', { name: 'Events and refused commands' }),
  selected: page.locator('[role=grid] [role=row][aria-selected=true]'),
  state: page.locator('[data-version][aria-busy]'),
  filter: page.getByRole('searchbox', { name: 'Filter events' }),
  goTo: page.getByRole('textbox', { name: /Go to an event/ }),
  total: page.locator('dd[data-total]').first(),
})

/**
 * Waits until the state is the one of where one stands, and gives what every part says.
 *
 * @param {Page} page
 */
export const standing = async (page) => {
  const { slider, selected } = parts(page)
  await page.locator('[data-version][aria-busy=false]').waitFor()
  await until('the list has scrolled there', async () => {
    const place = Number(await slider.inputValue())
    if (place === 0) return true
    return (await selected.count()) === 1 && Number(await selected.getAttribute('aria-rowindex')) === place + 1
  })
  // At one instant: what comes between two looks, as refusals do, is in all of the parts or in none.
  const said = await page.evaluate(() => {
    const slider = /** @type {HTMLInputElement} */ (document.querySelector('input[type=range][aria-label=Moment]'))
    const list = document.querySelector('[role=grid][aria-label="Events and refused commands"]')
    return {
      place: Number(slider.value),
      max: Number(slider.max),
      text: String(slider.getAttribute('aria-valuetext')),
      state: Number(document.querySelector('[data-version][aria-busy]')?.getAttribute('data-version')),
      rows: Number(list?.getAttribute('aria-rowcount')) - 1,
    }
  })
  return {
    ...said,
    said: Number(/(?:after )?event (\d+) of/.exec(said.text)?.[1] ?? 0),
    address: new URL(page.url()).searchParams.get('v'),
  }
}

/**
 * Holds all parts against one version.
 *
 * @param {Page} page
 * @param {number} version
 */
export const agreeOn = async (page, version) => {
  await until(`the address says ${version}`, () => new URL(page.url()).searchParams.get('v') === String(version))
  const stands = await standing(page)
  assert.equal(stands.said, version, 'the slider')
  assert.equal(stands.state, version, 'the state')
  assert.equal(stands.max, stands.rows, 'the slider has as many places as the list')
  return stands
}
