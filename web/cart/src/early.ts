/** Commands that were given before anything could be decided. They wait in the order in which they came. */

import type { Outcome } from './types.js'
import type { Command } from './wire.js'

/** Most commands that wait. */
export const EARLY_MAX = 500

export interface Early {
  /** Whether too many wait for one more. */
  isFull(): boolean
  /** What becomes of it in the end. */
  add(command: Command, id: string): Promise<Outcome>
  /** Whether it waited. */
  discard(id: string): boolean
  /** Nothing waits any more. What throws was not taken. */
  end(outcomeOf: (command: Command, id: string) => Outcome | Promise<Outcome>): void
}

interface Waiting {
  readonly command: Command
  readonly id: string
  readonly settle: (outcome: Outcome | Promise<Outcome>) => void
}

export function early(): Early {
  const waiting: Waiting[] = []
  return {
    async add(command, id) {
      return new Promise((settle) => waiting.push({ command, id, settle }))
    },
    isFull: () => waiting.length >= EARLY_MAX,
    discard(id) {
      const at = waiting.findIndex((one) => one.id === id)
      if (at < 0) return false
      for (const { settle } of waiting.splice(at, 1)) settle({ outcome: 'discarded' })
      return true
    },
    end(outcomeOf) {
      for (const { command, id, settle } of waiting.splice(0)) {
        try {
          settle(outcomeOf(command, id))
        } catch {
          settle({ outcome: 'not_taken' })
        }
      }
    },
  }
}
