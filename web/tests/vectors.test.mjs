// The tests of the built wasm again, in Chromium: the very files that Node runs, with three modules that differ there.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openPage, startSite } from './harness/index.mjs'

/** @param {string} path */
const inProject = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const wasm = process.env.TILLROLL_WASM ?? inProject('web/cart/dist-wasm')

/** The whole of tests/vectors as one text: by folder, each a name and what the file says. */
const vectors = () => {
  const folder = inProject('tests/vectors')
  const kinds = readdirSync(folder).map((kind) => {
    const names = readdirSync(join(folder, kind)).filter((name) => name.endsWith('.json'))
    return [kind, names.sort().map((name) => [name, JSON.parse(readFileSync(join(folder, kind, name), 'utf8'))])]
  })
  return JSON.stringify(Object.fromEntries(kinds))
}

const IMPORTS = {
  'node:test': '/page/test.mjs',
  'node:assert/strict': '/page/assert.mjs',
  '/host-web/load.mjs': '/page/load.mjs',
}

for (const file of ['vectors', 'session']) {
  test(`${file} of host-web, in Chromium`, async (t) => {
    const address = `/${file}.html`
    const site = await startSite(t, {
      folders: { '/wasm/': wasm, '/host-web/': inProject('host-web/tests'), '/page/': inProject('web/tests/page') },
      pages: {
        [address]: '<!doctype html><html lang="en"><head><title>tests</title></head></html>',
        '/vectors.json': vectors(),
      },
      imports: { [address]: IMPORTS },
    })
    const page = await openPage(t, site.url + address)
    const outcomes = await page.evaluate(async (file) => {
      await import(`/host-web/${file}.test.mjs`)
      // @ts-expect-error: an address of the page
      return (await import('/page/test.mjs')).runTests()
    }, file)
    assert.ok(outcomes.length > 0, 'no test was found')
    for (const { name, error } of outcomes) {
      await t.test(name, () => {
        if (error) throw new Error(error)
      })
    }
  })
}
