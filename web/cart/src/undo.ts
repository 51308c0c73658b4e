/**
 * The command that takes back another one, from what the line was before. It is a command like any other: the core decides
 * whether it may be.
 */

import type { Snapshot } from './types.js'
import type { Command, Line } from './wire.js'

/** Most commands whose past is remembered. */
const REMEMBERED_MAX = 500

/** A command, and the line that it was about as it was before. */
interface Before {
  readonly command: Command
  readonly line: Line | undefined
}

export interface Undo {
  /** What is to be remembered of a command that is about to be dispatched. */
  before(command: Command, snapshot: Snapshot): Before
  remember(id: string, before: Before): void
  /** A command that was dispatched here, while it is remembered. */
  commandOf(id: string): Command | undefined
  /** The opposite of a command that was dispatched here; undefined when there is none. */
  opposite(id: string, snapshot: Snapshot): Command | undefined
}

export function undo(): Undo {
  const remembered = new Map<string, Before>()
  return {
    before: (command, snapshot) => ({ command, line: lineOf(command, snapshot) }),
    remember(id, before) {
      const [oldest] = remembered.keys()
      if (remembered.size >= REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest)
      remembered.set(id, before)
    },
    commandOf: (id) => remembered.get(id)?.command,
    opposite(id, snapshot) {
      const before = remembered.get(id)
      return before && oppositeOf(before, lineOf(before.command, snapshot))
    },
  }
}

function oppositeOf({ command, line: past }: Before, present: Line | undefined): Command | undefined {
  switch (command.type) {
    case 'AddItem': {
      if (!present) return undefined
      const { sku } = present
      const quantity = present.quantity - (command.data.quantity ?? 1)
      return quantity > 0 ? { type: 'ChangeQuantity', data: { sku, quantity } } : { type: 'RemoveItem', data: { sku } }
    }
    case 'ChangeQuantity':
    case 'RemoveItem': {
      if (!past) return undefined
      const { sku, item_name, quantity, price } = past
      return present
        ? { type: 'ChangeQuantity', data: { sku, quantity } }
        : { type: 'AddItem', data: { sku, item_name, quantity, price } }
    }
    case 'ApplyDiscount':
      return { type: 'RemoveDiscount', data: { code: command.data.code } }
    case 'OpenCart':
    case 'ClaimCart':
    case 'RemoveDiscount':
    case 'CloseCart':
      return undefined
    default:
      return command satisfies never
  }
}

/** The line that a command is about. */
function lineOf(command: Command | undefined, { lines }: Snapshot): Line | undefined {
  const { sku, item_name } = (command?.data ?? {}) as { sku?: string | null; item_name?: string }
  return lines.find((line) => line.sku === (sku ?? item_name))
}
