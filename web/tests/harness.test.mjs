// The harness itself, where a fault in it would make other tests pass.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { openPage, startSite, startTillroll, until } from './harness/index.mjs'

const PAGE = '<!doctype html><html lang="en"><head><title>t</title></head><body></body></html>'

test('a page speaks to the system, and to the same one after it was killed', async (t) => {
  const tillroll = await startTillroll(t)
  const site = await startSite(t, { pages: { '/page': PAGE }, api: () => tillroll.url })
  const page = await openPage(t, `${site.url}/page`, { allow: [/ERR_EMPTY_RESPONSE/] })
  const command_id = randomUUID()
  const opened = await page.evaluate(async (body) => {
    const answer = await fetch('/carts', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    return { status: answer.status, ...(await answer.json()) }
  }, JSON.stringify({ command_id }))
  assert.deepEqual([opened.status, opened.version], [201, 1])

  await tillroll.kill()
  const lost = await page.evaluate(() => fetch('/readyz').catch((error) => error.name))
  assert.equal(lost, 'TypeError')
  await tillroll.start()
  const events = await tillroll.events(opened.cart_id)
  assert.deepEqual(
    events.map(({ sequence, commandid }) => [sequence, commandid]),
    [[1, command_id]],
  )
})

test('no script runs but those of the site, and what a page logs as an error is kept for the end of its test', async (t) => {
  /** @type {(() => unknown)[]} */
  const ends = []
  const whose = { after: (/** @type {() => unknown} */ end) => ends.push(end) }
  const page = PAGE.replace('<body>', '<body><script>document.title = "run"</script>')
  const site = await startSite(t, { pages: { '/page': page } })
  const tab = await openPage(whose, `${site.url}/page`)
  await until('the page is there', () => tab.evaluate(() => document.readyState === 'complete'))
  assert.equal(await tab.title(), 't')
  const outcomes = await Promise.allSettled(ends.map(async (end) => end()))
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))
  assert.equal(refused.length, 1)
  assert.match(String(refused[0]), /Content Security Policy/)
})

test('what has not happened within its bound is an error that says what was waited for', async () => {
  await assert.rejects(
    until('pigs fly', () => false, 50),
    /not within 50 ms: pigs fly/,
  )
})
