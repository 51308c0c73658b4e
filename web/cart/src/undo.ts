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

export class Undo {
  readonly #remembered = new Map<string, Before>()

  /** What is to be remembered of a command that is about to be dispatched. */
  before(command: Command, { lines }: Snapshot): Before {
    const sku = skuOf(command)
    return { command, line: lines.find((line) => line.sku === sku) }
  }

  remember(id: string, before: Before): void {
    const [oldest] = this.#remembered.keys()
    if (this.#remembered.size >= REMEMBERED_MAX && oldest !== undefined) this.#remembered.delete(oldest)
    this.#remembered.set(id, before)
  }

  /** A command that was dispatched here, while it is remembered. */
  commandOf(id: string): Command | undefined {
    return this.#remembered.get(id)?.command
  }

  /** The opposite of a command that was dispatched here; undefined when there is none. */
  opposite(id: string, { lines }: Snapshot): Command | undefined {
    const before = this.#remembered.get(id)
    if (!before) return undefined
    const { command, line: past } = before
    const present = lines.find(({ sku }) => sku === skuOf(command))
    switch (command.type) {
      case 'AddItem': {
        if (!present) return undefined
        const quantity = present.quantity - (command.data.quantity ?? 1)
        const { sku } = present
        return quantity > 0
          ? { type: 'ChangeQuantity', data: { sku, quantity } }
          : { type: 'RemoveItem', data: { sku } }
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
}

function skuOf(command: Command | undefined): string | undefined {
  const { sku, item_name } = (command?.data ?? {}) as { sku?: string | null; item_name?: string }
  return sku ?? item_name
}
