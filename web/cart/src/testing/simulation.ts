/**
 * Time, chance, connection and tabs that a test holds in its hand. Time stands still until `run`; the same seed gives the
 * same again.
 */

import type { Channel, Environment, Locks } from '../environment.js'

/** A tab of a simulated browser. */
export interface Tab {
  /** For `openCart({ environment })`. */
  readonly environment: Partial<Environment>
  /** As when the browser ends it: nothing of it runs any more, its locks are free, nothing was said. */
  kill(): void
}

/** A simulated browser. */
export interface Simulation {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** 0 up to, not including, 1, by the seed. */
  readonly random: () => number
  /** A new tab; with `locks: false` of a browser that has none. */
  tab(options?: { readonly locks?: boolean }): Tab
  /** The connection goes or comes; tabs are told. */
  setOnline(online: boolean): void
  /** Lets so many milliseconds pass, with everything that happens in them. */
  run(ms: number): Promise<void>
}

interface Timer {
  readonly at: number
  readonly nth: number
  readonly call: () => void
}

interface Waiting {
  readonly begin: () => void
}

/** Any moment. */
const START = 1_700_000_000_000
/** Most calls of one `run`: what goes on for longer goes round in circles. */
const CALLS_MAX = 1_000_000
/** A message takes up to so long from tab to tab. */
const MESSAGE_MS = 5

/**
 * A simulated browser: tabs with storage, locks and messages of their own, and a clock that stands still until `run`. The
 * same seed, a whole number, gives the same chances again.
 *
 * @example
 * ```ts
 * const browser = simulate(42)
 * const { environment } = browser.tab()
 * const opening = openCart({ id, open: true, storage: null, transport: memoryServer({ now: browser.now }), environment })
 * await browser.run(60_000) // a minute, at once
 * const cart = await opening
 * ```
 */
export function simulate(seed: number): Simulation {
  const random = chance(seed)
  let now = START
  let online = true
  let nth = 0
  const timers = new Set<Timer>()
  const wakes = new Set<() => void>()
  const locks = new Map<string, Waiting[]>()
  const channels = new Map<string, Set<(message: unknown) => void>>()

  const later = (ms: number, call: () => void) => {
    const timer = { at: now + Math.max(ms, 0), nth: nth++, call }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  const tab = (options: { readonly locks?: boolean } = {}): Tab => {
    let alive = true
    const ends = new Set<() => void>()
    const ifAlive = (call: () => void) => () => {
      if (alive) call()
    }
    const lock: Locks = {
      request: (name, { signal }, held) =>
        new Promise((resolve, reject) => {
          const queue = locks.get(name) ?? []
          locks.set(name, queue)
          const release = () => {
            const at = queue.indexOf(mine)
            if (at >= 0) queue.splice(at, 1)
            if (at === 0) queue[0]?.begin()
            ends.delete(release)
          }
          const mine = {
            begin: () =>
              later(
                0,
                ifAlive(() => held().finally(release).then(resolve, reject)),
              ),
          }
          signal.addEventListener('abort', () => {
            if (queue[0] !== mine) release()
          })
          ends.add(release)
          if (queue.push(mine) === 1) mine.begin()
        }),
    }
    const channel = (name: string): Channel => {
      const others = channels.get(name) ?? new Set()
      channels.set(name, others)
      const own: Channel = {
        onmessage: null,
        postMessage: (message) => {
          if (!alive) return
          const data = structuredClone(message)
          for (const hear of others) if (hear !== hearing) later(random() * MESSAGE_MS, () => hear(data))
        },
        close: () => others.delete(hearing),
      }
      const hearing = (data: unknown) => {
        if (alive) own.onmessage?.({ data })
      }
      others.add(hearing)
      ends.add(() => others.delete(hearing))
      return own
    }
    const environment: Partial<Environment> = {
      now: () => now,
      random,
      uuid: () => uuid(random),
      later: (ms, call) => later(ms, ifAlive(call)),
      isOnline: () => online,
      onWake: (call) => {
        const wake = ifAlive(call)
        wakes.add(wake)
        return () => wakes.delete(wake)
      },
      locks: options.locks === false ? null : lock,
      channel,
      indexedDB: null,
    }
    const kill = () => {
      alive = false
      for (const end of [...ends]) end()
    }
    return { environment, kill }
  }

  return {
    now: () => now,
    random,
    tab,
    setOnline(value) {
      online = value
      for (const wake of [...wakes]) wake()
    },
    async run(ms) {
      const end = now + ms
      for (let calls = 0; calls < CALLS_MAX; calls++) {
        await everythingPending()
        let next: Timer | undefined
        for (const timer of timers) {
          if (!next || timer.at < next.at || (timer.at === next.at && timer.nth < next.nth)) next = timer
        }
        if (!next || next.at > end) {
          now = end
          return
        }
        timers.delete(next)
        now = Math.max(now, next.at)
        next.call()
      }
      throw new Error(`more than ${CALLS_MAX} calls within ${ms} ms: something goes round in circles`)
    },
  }
}

/** Lets all promises that can go on do so. */
function everythingPending(): Promise<void> {
  const { setImmediate: soon } = globalThis as { setImmediate?: (call: () => void) => void }
  return new Promise((resolve) => {
    if (soon) soon(resolve)
    else {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(null)
    }
  })
}

/**
 * Numbers from 0 up to, not including, 1, the same for the same seed (mulberry32).
 *
 * @example
 * ```ts
 * const random = chance(42)
 * ```
 */
export function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function uuid(random: () => number): string {
  const digit = (character: string) => {
    const drawn = Math.floor(random() * 16)
    return (character === 'y' ? (drawn & 3) | 8 : drawn).toString(16)
  }
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, digit)
}
