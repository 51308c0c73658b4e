/**
 * One client's way to the server: which of all tabs sends and listens, and what follows from what is heard. Whatever tabs
 * tell each other, and whatever comes of it, what is stored is the truth.
 */

import { quietly } from './errors.js'
import type { Keeper } from './keeper.js'
import type { Link } from './link.js'
import type { Pricing } from './pricing.js'
import { sender } from './sender.js'
import type { Shown, Standing } from './shown.js'
import { connection } from './snapshot.js'
import { stream } from './stream.js'
import { type Message, tabs } from './tabs.js'

/** What the way needs of its client. */
export interface Traveller {
  /** What tabs of the same principal and cart have in common. */
  readonly name: string
  /** No other tab sees this one's rows. */
  readonly alone: boolean
  /** None when the page gives prices itself. */
  readonly prices: Pricing | null
  keeper(): Keeper | null
  /** Something is known of the cart, or that there is none. */
  heard(): void
  /** Does what follows from a change, here too. */
  act(): void
}

export interface Way {
  /** Joins the other tabs. */
  join(): void
  /** Sends and fetches what is to be sent and fetched. */
  act(): void
  /** This tab sends and listens. */
  lead(): void
  /** Tries everything at once. */
  reconnect(): void
  /** Rows were written. */
  wrote(): void
  close(): void
}

export function way(link: Link, { say }: Shown, traveller: Traveller): Way {
  const { session, env, context, stopped } = link
  const { prices, act } = traveller
  let leading = false
  let missing = false
  /** The browser says that there is no network, and no server was heard since: one on the same machine may be. */
  let cut = false
  let failed: Standing['sending'] = null

  /** The command that opens it has no answer yet, and nobody else is known to have done it. */
  const isOpening = () => {
    const { pending, sync } = session.snapshot()
    return (
      sync.known_version === 0 && pending.some(({ id, progress }) => id === context.cart && progress !== 'answered')
    )
  }

  /** Nothing can be sent; a cart that is yet to be opened is opened where that succeeds all the same. */
  const isOffline = () => !env.isOnline() && session.snapshot().sync.confirmed_version > 0

  const sending = sender(link, {
    isCut: () => cut,
    changed: act,
    stands(error, retryAt) {
      failed = error && { error, retryAt }
      if (leading) say({ sending: failed })
    },
  })

  const following = stream(link, {
    changed: act,
    arrived: (events) => told.say({ about: 'events', events }),
    stands(connection) {
      say({ connection })
      if (connection.state === 'live') {
        prices?.ask()
        act()
      }
    },
    missing(now) {
      cut = false
      if (missing !== now) {
        missing = now
        say({ missing })
      }
      traveller.heard()
      act()
    },
    isOpening,
  })

  const hear = (message: Message): void => {
    switch (message.about) {
      case 'rows':
        traveller.keeper()?.read()
        break
      case 'events':
        // What cannot be read was another build's: the stream or a page brings it.
        quietly(() => following.take(message.events))
        break
      case 'wake':
        if (leading) reconnect()
        break
      default:
        message satisfies never
    }
  }

  const told = tabs(traveller.name, env, traveller.alone, hear)

  const lead = (): void => {
    if (leading || stopped.aborted) return
    leading = true
    say({ sending: failed })
    // The tab that led before may have written until its end.
    traveller.keeper()?.read()
    void following.follow()
    act()
  }

  const reconnect = (): void => {
    cut = false
    sending.wake()
    following.wake()
    if (!leading) {
      traveller.keeper()?.read()
      following.need(true)
      told.say({ about: 'wake' })
    }
    prices?.ask()
    say({})
  }

  return {
    lead,
    reconnect,
    join() {
      cut = isOffline()
      say({ connection: connection('follower') })
      told.lead(lead)
      if (!leading) following.need(true)
      prices?.ask()
      const forget = env.onWake(() => {
        if (env.isOnline()) return reconnect()
        cut = isOffline()
        if (cut) following.need(true)
        say({})
      })
      stopped.addEventListener('abort', forget)
      act()
    },
    act() {
      following.need()
      if (!leading) return
      sending.send()
      if (missing && session.snapshot().sync.known_version > 0) following.wake()
      following.begin()
      void following.agree()
    },
    wrote: () => told.say({ about: 'rows' }),
    close: () => told.close(),
  }
}
