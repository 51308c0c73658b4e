import type { Cart } from '@tillroll/cart'
import { useEffect } from 'react'
import type { Shelf } from '../catalogue/catalogue'
import { lookForPrices, network, refusals } from '../session/session'
import { commandInWords, standing } from '../session/words'
import { formatMoney } from '../shared/money'
import { refusalInWords } from '../shared/refusals'
import { announce, announceAtOnce } from '../ui/announce'

/** Changes in a row are told once, when nothing has changed for as long as this. */
const TOTAL_SAID_AFTER_MS = 600

/** Tells those who listen what the cart does, and the wire's record too; and looks for new prices when one was refused. */
export function useCartVoice(cart: Cart, shelf: Shelf): void {
  useEffect(() => {
    const { currency, nameOf } = shelf
    let before = cart.getSnapshot()
    let mood = standing(before, network.faults.get().offline).mood
    let said: ReturnType<typeof setTimeout> | undefined
    const changed = () => {
      const now = cart.getSnapshot()
      const { totals } = now
      if (totals.total_minor !== before.totals.total_minor || totals.pieces !== before.totals.pieces) {
        clearTimeout(said)
        const total = formatMoney(totals.total_minor, totals.currency)
        const pieces = `${totals.pieces} ${totals.pieces === 1 ? 'piece' : 'pieces'}`
        said = setTimeout(() => announce(`In the cart: ${pieces}. Total ${total}.`), TOTAL_SAID_AFTER_MS)
      }
      if (now.confirmedVersion !== before.confirmedVersion && now.confirmedVersion > 0) {
        network.note(
          `Confirmed up to version ${now.confirmedVersion}; shown: ${formatMoney(totals.total_minor, currency)}`,
        )
      }
      const known = new Set(before.attention.map(({ id }) => id))
      for (const { id, command, refusal } of now.attention) {
        if (known.has(id)) continue
        announceAtOnce(`${commandInWords(command, nameOf)}: ${refusalInWords(refusal, { currency, nameOf })}`)
        if (refusal.code === 'price_changed' || refusal.code === 'item_unknown') void lookForPrices()
      }
      const { mood: next, words } = standing(now, network.faults.get().offline)
      if (next !== mood && (next === 'offline' || mood === 'offline')) announce(words)
      mood = next
      before = now
    }
    const ends = [
      cart.subscribe(changed),
      network.faults.subscribe(() => {
        changed()
        // Whoever turns the network on again wants to see it work, not wait for the next try.
        cart.reconnect()
      }),
    ]
    return () => {
      clearTimeout(said)
      for (const end of ends) end()
    }
  }, [cart, shelf])
  useEffect(() => {
    const { currency, nameOf } = shelf
    return refusals.subscribe(() => {
      const last = [...refusals.get().values()].at(-1)
      if (last) announceAtOnce(refusalInWords(last, { currency, nameOf }))
    })
  }, [shelf])
}
