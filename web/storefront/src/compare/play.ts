/** Plays the story at the pace of somebody who watches. */
import { NO_FAULTS } from '@tillroll/cart/testing'
import { type Store, store } from '../ui/store'
import { networkOf, type Step } from './story'
import type { ThreeCarts } from './three-carts'

/** Between two clicks of one step. */
const CLICK_MS = 450
/** To read what is about to happen. */
const READ_MS = 1_800

export interface Playing {
  /** Which step it is at; none before the start. */
  readonly at: number | null
  readonly phase: 'before' | 'clicking' | 'after' | 'ended'
}

export interface Player {
  readonly now: Store<Playing>
  play(): void
  stop(): void
}

/** `pace` 1 is for eyes; tests play faster. */
export function player(carts: ThreeCarts, steps: readonly Step[], pace: number): Player {
  const now = store<Playing>({ at: null, phase: 'before' })
  let running: AbortController | null = null
  const run = async (signal: AbortSignal) => {
    for (const [at, step] of steps.entries()) {
      now.set({ at, phase: 'before' })
      await pause(READ_MS * pace, signal)
      now.set({ at, phase: 'clicking' })
      for (const beat of step.beats) {
        carts.faults.set(networkOf(beat))
        carts.click(beat.command)
        await pause(beat.pauseMs ?? CLICK_MS, signal)
      }
      if (step.beats.length === 0) {
        carts.faults.set({ ...NO_FAULTS })
        carts.ours.reconnect()
      }
      now.set({ at, phase: 'after' })
      await pause(step.looksMs, signal)
    }
    now.set({ at: steps.length - 1, phase: 'ended' })
    running = null
  }
  const stop = () => {
    running?.abort()
    running = null
    carts.faults.set({ ...NO_FAULTS })
    now.update(({ at }) => ({ at, phase: 'ended' }))
  }
  return {
    now,
    stop,
    play() {
      stop()
      running = new AbortController()
      run(running.signal).catch(() => undefined)
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, stopped) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      stopped(signal.reason)
    })
  })
}
