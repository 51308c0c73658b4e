/** What is going on with the cart, in words. */
import type { Command, Snapshot } from '@tillroll/cart'
import { splitName } from '../shared/ItemName'

export type Mood = 'saved' | 'sending' | 'offline' | 'attention'

/** How it stands, as a shopper wants to know it: one word, and how many changes wait. */
export function standing(snapshot: Snapshot, networkIsOff: boolean): { readonly mood: Mood; readonly words: string } {
  const { attention, pending, connection } = snapshot
  const waiting = pending.length === 0 ? '' : `, ${pending.length} waiting`
  if (attention.length > 0) return { mood: 'attention', words: `Needs attention (${attention.length})` }
  if (networkIsOff || connection.state === 'offline') return { mood: 'offline', words: `Offline${waiting}` }
  switch (connection.state) {
    case 'waiting':
      return { mood: 'offline', words: `Trying again${waiting}` }
    case 'loading':
    case 'connecting':
      return { mood: 'sending', words: pending.length > 0 ? `Sending ${pending.length}` : 'Connecting' }
    case 'live':
    case 'follower':
    case 'closed':
      return pending.length > 0
        ? { mood: 'sending', words: `Sending ${pending.length}` }
        : { mood: 'saved', words: 'Saved' }
    default:
      return connection.state satisfies never
  }
}

/** What a command asks for: "Add 2 × bananas". */
export function commandInWords(command: Command, nameOf: (sku: string) => string): string {
  switch (command.type) {
    case 'OpenCart':
      return 'Open the cart'
    case 'ClaimCart':
      return 'Sign in'
    case 'AddItem':
      return `Add ${command.data.quantity ?? 1} × ${splitName(command.data.item_name).item}`
    case 'ChangeQuantity':
      return `Make it ${command.data.quantity} × ${nameOf(command.data.sku)}`
    case 'RemoveItem':
      return `Take out ${nameOf(command.data.sku)}`
    case 'ApplyDiscount':
      return `Use the code ${command.data.code}`
    case 'RemoveDiscount':
      return `Take out the code ${command.data.code}`
    case 'CloseCart':
      return 'Check out'
    default:
      return command satisfies never
  }
}
