// The reducer module in Chromium, by the very file that Node runs.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inProject } from './cart-page.mjs'
import { skippedOnADesk } from './harness/ci.mjs'
import { openPage, startSite } from './harness/index.mjs'

const FOLDER = process.env.TILLROLL_REDUCERS ?? inProject('target/reducers')
const PAGE = '<!doctype html><html lang="en"><head><title>reducer</title></head></html>'

test('Chromium says what the core says, byte for byte', async (t) => {
  if (!existsSync(join(FOLDER, 'newest.json'))) return t.skip(skippedOnADesk('cargo xtask reducer builds the module'))
  const folders = { '/reducers/': FOLDER, '/reducer/': inProject('host-web/reducer/tests') }
  const site = await startSite(t, { folders, pages: { '/': PAGE } })
  // A set that was not written is looked for and not there.
  const page = await openPage(t, site.url, { allow: [/404 \(Not Found\)/] })
  const { counts, sets } = await page.evaluate(async () => {
    // @ts-expect-error: an address of the page
    const { compare, SETS } = await import('/reducer/reducer.mjs')
    const load = async (/** @type {string} */ name) => {
      const response = await fetch(`/reducers/${name}`)
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined
    }
    return { counts: await compare(load), sets: SETS }
  })
  t.diagnostic(JSON.stringify(counts))
  const missing = sets.filter((/** @type {string} */ set) => !(set in counts))
  // What the core said is written by the Rust tests; a desk may run these alone, or have no real carts.
  if (process.env.CI !== 'true' && missing.length > 0) return t.skip(`not written: ${missing}`)
  assert.deepEqual(missing, [])
  return undefined
})
