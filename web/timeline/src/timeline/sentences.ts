/** Sentences of the timeline that are not of one event. */
import { plain } from '../history/words'
import type { Refusal } from './refusals'

const ASKED: Readonly<Record<string, string>> = {
  OpenCart: 'Opening',
  ClaimCart: 'Taking over',
  AddItem: 'Adding',
  ChangeQuantity: 'Changing a quantity',
  RemoveItem: 'Taking out',
  ApplyDiscount: 'Discount',
  RemoveDiscount: 'Taking out a discount',
  CloseCart: 'Checking out',
}

/** "Discount refused: …": what was asked, and why not. */
export function refusalSentence({ type, message }: Pick<Refusal, 'type' | 'message'>): string {
  return `${ASKED[type] ?? type} refused: ${plain(message)}`
}
