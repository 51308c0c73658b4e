/** A cart's story up to a moment, as text for a ticket. */
import { formatCount, formatMoney } from '@tillroll/storefront/shared/money'
import { day, moment, timeOfDay } from '../clock/zone'
import type { Moment } from '../history/wire'
import { link } from '../url/location'
import type { Model } from './model'
import { refusalSentence } from './sentences'

/** A ticket with more lines is not read. */
const LINES_MAX = 200

export async function ticketText(model: Model): Promise<string> {
  const { known, version, history, shown, refusals, clock } = model
  const first = Math.max(1, version - LINES_MAX + 1)
  const rows = version > 0 ? await history.ask('rows', { first, last: version, shown }) : []
  const { cart } = await history.ask('moment', { version })
  const left = first > 1 ? [`(${formatCount(first - 1)} earlier events are left out)`] : []
  // Whoever reads a ticket reads it later: relative times would be wrong by then.
  const fixed = { ...clock, zone: clock.zone === 'relative' ? 'utc' : clock.zone } as const
  const told = rows.flatMap((row) => [
    { at: history.timeOf(row.version), text: row.sentence },
    ...refusals.all
      .filter((refusal) => refusal.version === row.version && (row.version < version || model.refusal === refusal))
      .map((refusal) => ({ at: Date.parse(refusal.time), text: refusalSentence(refusal) })),
  ])
  let today = ''
  const lines = told.flatMap(({ at, text }) => {
    const date = Number.isNaN(at) ? today : day(at, fixed)
    const time = Number.isNaN(at) ? '--:--:--' : timeOfDay(at, fixed).slice(0, 8)
    const heading = date === today ? [] : ['', date]
    today = date
    return [...heading, `  ${time}  ${text}`]
  })
  return [
    `Cart ${known.cart}`,
    link(),
    ...zoneLine(history.timeOf(version), fixed),
    ...left,
    ...lines,
    '',
    ending(version, known.length, cart),
  ].join('\n')
}

function zoneLine(at: number, clock: Model['clock']): readonly string[] {
  if (Number.isNaN(at)) return []
  return [`Times are in ${moment(at, clock).split(' ').at(-1)}.`]
}

function ending(version: number, length: number, cart: Moment['cart']): string {
  if (!cart) return `At version ${version} of ${length} nobody had opened it.`
  const pieces = cart.lines.reduce((sum, line) => sum + line.quantity, 0)
  const held = `${formatCount(pieces)} pieces in ${formatCount(cart.lines.length)} lines`
  return `At version ${version} of ${length} it is ${cart.status} with ${held}, total ${formatMoney(cart.total_minor, cart.currency)}.`
}
