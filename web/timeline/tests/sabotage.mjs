// A system with something wrong in it: its files are changed while it is stopped (see sabotage.py).
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { until } from '../../tests/harness/index.mjs'

const SCRIPT = fileURLToPath(new URL('sabotage.py', import.meta.url))
const run = promisify(execFile)

/**
 * Stops the system once everything of these carts has arrived, does to its files what is asked, and starts it again.
 *
 * @param {import('./debugger.mjs').Debugger['tillroll']} tillroll
 * @param {readonly string[]} carts
 * @param {readonly (readonly string[])[]} deeds words for the script, without the folder: `['park', cart]`
 */
export const sabotage = async (tillroll, carts, deeds) => {
  await until('everything has arrived', async () => {
    const [{ carts: listed }, { stages }] = await Promise.all([tillroll.ask('/carts'), tillroll.ask('/pipeline')])
    const there = new Set(listed.map((/** @type {{ cart_id: string }} */ { cart_id }) => cart_id))
    const idle = stages.every((/** @type {{ lag_events: number }} */ { lag_events }) => lag_events === 0)
    return idle && carts.every((cart) => there.has(cart))
  })
  await tillroll.stop()
  for (const [deed = '', ...rest] of deeds) await run('python3', [SCRIPT, deed, tillroll.folder, ...rest])
  await tillroll.start()
}
