// Random schedules. The core's own, every call of them, through the built session; and the whole package in a browser whose
// tabs are killed, on a connection on which everything goes wrong. TILLROLL_SCHEDULES sets how many, TILLROLL_SEED the
// first: a schedule that fails names its seed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chance } from '@tillroll/cart/testing'
import { skippedOnADesk } from '../../tests/harness/ci.mjs'
import { coreSession } from './support/core.mjs'
import { add, CART, id, World } from './support/world.mjs'

const FIRST = Number(process.env.TILLROLL_SEED ?? 0)
const COUNT = Number(process.env.TILLROLL_SCHEDULES ?? 2_000)
/** Of the whole package: each is a hundred times the work. */
const WHOLE = Number(process.env.TILLROLL_WHOLE_SCHEDULES ?? Math.ceil(COUNT / 10))

const bin = process.env.TILLROLL_BIN ?? fileURLToPath(new URL('../../../target/debug/tillroll', import.meta.url))
const program = join(dirname(bin), 'examples/session_schedules')

/** What both sides write alike: a command is `{type, data}`, and a member that is null, or details without any, are as good as absent. */
const alike = (value) => {
  if (Array.isArray(value)) return value.map(alike)
  if (typeof value !== 'object' || value === null) return value
  const is = ([name, member]) => member != null && !(name === 'details' && Object.keys(member).length === 0)
  const members = Object.entries(value).filter(is)
  return Object.fromEntries(
    members.map(([name, member]) => {
      if (name === 'request') return [name, alike(request(member))]
      // JSON text, whose members may be in any order.
      return [name, alike(name === 'details' && typeof member === 'string' ? JSON.parse(member) : member)]
    }),
  )
}

const request = (value) => {
  if ('type' in value) return value
  const [[type, data]] = Object.entries(value)
  return { type, data }
}

/** One schedule through sessions of the built wasm; every answer and every snapshot is compared. */
const play = ({ calls }) => {
  const [sessions, tickets, rows] = [[], [], new Map()]
  let settledThrough = 0
  const saved = (tab) => {
    if (tickets[tab] !== undefined) sessions[tab].saved(tickets[tab])
    tickets[tab] = undefined
  }
  for (const [nth, call] of calls.entries()) {
    const { tab, result } = call
    const session = sessions[tab]
    const same = (actual, expected) => assert.deepEqual(alike(actual), alike(expected), `call ${nth}: ${call.call}`)
    switch (call.call) {
      case 'open':
        session?.free()
        tickets[tab] = undefined
        sessions[tab] = coreSession(call.cart, call.reducer)
        sessions[tab].setCatalogue(call.catalogue)
        break
      case 'load':
        saved(tab)
        session.merge([...rows.values()], settledThrough)
        break
      case 'save': {
        saved(tab)
        const unsaved = session.unsaved()
        for (const removed of unsaved.removed) rows.delete(removed)
        for (const row of unsaved.rows) rows.set(row.id, structuredClone(row))
        settledThrough = Math.max(settledThrough, unsaved.settled_through)
        if (call.told_later) tickets[tab] = unsaved.ticket
        else session.saved(unsaved.ticket)
        same({ stored: [...rows.keys()].sort(), settled_through: settledThrough }, result)
        break
      }
      case 'dispatch':
      case 'retry': {
        const said =
          call.call === 'retry'
            ? session.retry(call.id, call.now_ms)
            : session.dispatch(call.request, call.id, call.now_ms)
        same(said.status === 'refused' ? { code: said.code, details: said.details } : said.status, result)
        break
      }
      case 'discard':
        same(session.discard(call.id), result)
        break
      case 'next_to_send':
        same(session.nextToSend(call.now_ms) ?? null, result)
        break
      case 'answered':
        try {
          session.answered(call.attempt, call.body)
        } catch (error) {
          // The schedule has replies that contradict themselves; what becomes of them is in the snapshot.
          assert.equal(error.code, 'wrong_reply')
        }
        break
      case 'rejected':
        session.rejected(call.attempt, call.said)
        break
      case 'failed':
        session.failed(call.attempt, call.certainty === 'unknown')
        break
      case 'pause':
        session.pause(call.until_ms)
        break
      case 'resume':
        session.resume()
        break
      case 'confirm':
        if (typeof result === 'string') assert.throws(() => session.confirm(call.events), { code: result })
        else same(session.confirm(call.events), result)
        break
      case 'rebuild': {
        const anew = coreSession(CART_OF(calls), calls[0].reducer)
        anew.confirm(call.events)
        session.rebuild([anew.history(0)])
        anew.free()
        break
      }
      case 'set_catalogue':
        session.setCatalogue(call.catalogue)
        break
      default:
        assert.fail(`a call that nobody knows: ${call.call}`)
    }
    if (call.snapshot) {
      const { revision, ...snapshot } = sessions[tab].snapshot()
      same(snapshot, call.snapshot)
    }
  }
  for (const session of sessions) session.free()
}

const CART_OF = ([{ cart }]) => cart

test(`${COUNT} random schedules of the core end alike here, call for call`, { skip: missing() }, async () => {
  const child = spawn(program, [String(FIRST), String(COUNT)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let played = 0
  for await (const line of createInterface(child.stdout)) {
    const schedule = JSON.parse(line)
    try {
      play(schedule)
    } catch (error) {
      error.message = `seed ${schedule.seed}: ${error.message}`
      throw error
    }
    played++
  }
  assert.equal(played, COUNT)
})

function missing() {
  const how = 'cargo build -p tillroll-core --example session_schedules makes the schedules'
  return skippedOnADesk(existsSync(program) ? false : how)
}

/** A quarter of an hour of a shopper whom nothing spares. */
const whole = async (seed) => {
  const random = chance(seed)
  const below = (most) => Math.floor(random() * most)
  const world = new World({ seed })
  const withLocks = random() < 0.7
  /** What each line must be, in every snapshot of every tab that knows of it. */
  const wanted = new Map()
  let foreign = 0

  const open = async () => {
    const tab = await world.tab({ locks: withLocks })
    tab.cart.subscribe(() => {
      const lines = new Map(tab.cart.getSnapshot().lines.map(({ sku, quantity }) => [sku, quantity]))
      for (const [sku, { by, quantity }] of wanted) {
        if (by === tab) assert.equal(lines.get(sku), quantity, `${sku} flickers`)
      }
    })
    return tab
  }
  const fault = () => (random() < 0.5 ? 0 : random() * 0.6)

  await open()
  for (let step = 0; step < 40; step++) {
    const tab = world.tabs[below(world.tabs.length)]
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const sku = `item ${seed} ${step}`
        const quantity = 1 + below(5)
        tab.cart.dispatch(add(sku, 1 + below(1_000), quantity))
        wanted.set(sku, { by: tab, quantity })
        // From here on it is stored.
        await world.run(0)
        break
      }
      case 4:
        if (world.state) world.server.act(CART, [{ command_id: id(1_000 + foreign++), ...add(`foreign ${foreign}`) }])
        break
      case 5:
        Object.assign(tab.faults, {
          latencyMs: [0, below(3) * 1_000],
          lostBefore: fault(),
          lostAfter: fault(),
          doubled: fault(),
          reordered: fault(),
          unavailable: fault(),
          truncated: fault(),
          offline: random() < 0.2,
        })
        break
      case 6:
        world.simulation.setOnline(random() < 0.5)
        break
      case 7:
        if (world.tabs.length < 3) await open()
        break
      case 8: {
        tab.kill()
        world.tabs.splice(world.tabs.indexOf(tab), 1)
        for (const want of wanted.values()) if (want.by === tab) want.by = undefined
        if (world.tabs.length === 0) await open()
        break
      }
      default:
        await world.run(below(20_000))
    }
  }
  await world.expectAgreement(600_000)
  const ids = world.server.events(CART).map(({ commandid }) => commandid)
  assert.equal(new Set(ids).size, ids.length, 'something is there twice')
  const lines = new Map(world.state?.lines.map(({ sku, quantity }) => [sku, quantity]))
  for (const [sku, { quantity }] of wanted) assert.equal(lines.get(sku), quantity, `${sku} is lost`)
  assert.equal(lines.size, wanted.size + foreign)
}

test(`${WHOLE} random schedules of the whole package converge, lose nothing, double nothing, and do not flicker`, async () => {
  for (let seed = FIRST; seed < FIRST + WHOLE; seed++) {
    try {
      await whole(seed)
    } catch (error) {
      error.message = `TILLROLL_SEED=${seed}: ${error.message}`
      throw error
    }
  }
})
