/** A cart to look at, made by the same commands as anybody's: two things, a change of mind, two refusals. */
import { ask } from '../api/ask'

interface Opened {
  readonly cart_id: string
}

export async function makeDemoCart(): Promise<string> {
  const { cart_id } = await ask<Opened>('/carts', {
    method: 'POST',
    body: { command_id: crypto.randomUUID(), currency: 'EUR' },
  })
  const named = COMMANDS.map((command) => ({ command_id: crypto.randomUUID(), ...command }))
  await ask(`/carts/${cart_id}/commands`, { method: 'POST', body: { commands: named } })
  return cart_id
}

/** Where a shop has a catalogue of its own these may be refused too, which is no less worth a look. */
const COMMANDS = [
  { type: 'AddItem', data: { item_name: 'Oat milk', sku: 'oat-milk', quantity: 2, price: { minor: 149 } } },
  { type: 'AddItem', data: { item_name: 'Sourdough bread', sku: 'bread', price: { minor: 420 } } },
  { type: 'ChangeQuantity', data: { sku: 'oat-milk', quantity: 3 } },
  { type: 'ApplyDiscount', data: { code: 'WELCOME' } },
  { type: 'RemoveItem', data: { sku: 'coffee' } },
]
