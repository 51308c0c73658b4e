/** Carts at which a projection stands still, and trying one again. */

import { announce } from '@tillroll/storefront/ui/announce'
import { Button } from '@tillroll/storefront/ui/Button'
import { useState } from 'react'
import { ask } from '../api/ask'
import { duration } from '../clock/zone'
import { Badge } from '../watch/Badge'
import { CartLink, shortId } from '../watch/CartLink'
import { type Motive, MotiveDialog } from '../watch/Motive'
import { useNow } from '../watch/now'
import { useWatched } from '../watch/poll'
import { Part } from '../watch/Screen'
import { Scroller } from '../watch/Scroller'
import tables from '../watch/tables.module.css'
import { Watching } from '../watch/Watching'
import type { ParkedCart } from '../watch/wire'
import { counted, read } from '../watch/words'
import styles from './Letters.module.css'

const EVERY_MS = 10_000

interface ParkedPage {
  readonly parked: readonly ParkedCart[]
  readonly cursor: string | null
}

interface Resumed {
  readonly results: readonly {
    readonly subscription: string
    readonly outcome: 'resumed' | 'parked'
    readonly version: number
    readonly parked?: { readonly reason: string }
  }[]
}

interface ParkedProps {
  readonly subscription: string
  readonly onDone: () => void
}

export function Parked({ subscription, onDone }: ParkedProps) {
  const query = subscription === '' ? '' : `?subscription=${encodeURIComponent(subscription)}`
  const page = useWatched<ParkedPage>(`/parked${query}`, EVERY_MS)
  const [asked, setAsked] = useState<ParkedCart | null>(null)
  const [outcome, setOutcome] = useState<string | null>(null)
  const now = useNow()
  const resume = async ({ cart_id, subscription }: ParkedCart, motive: Motive) => {
    const body = { subscription, ...motive }
    const { results } = await ask<Resumed>(`/parked/${cart_id}/resume`, { method: 'POST', body })
    const said = `${shortId(cart_id)}: ${results.map(inWords).join('; ') || 'was not parked any more'}.`
    setOutcome(said)
    announce(said)
    page.again()
    onDone()
  }
  return (
    <Part title="Parked carts" said="A projection stands still at each of them, and at nothing else.">
      {outcome && <p className={styles.outcome}>{outcome}</p>}
      <Watching of={page} what="the parked carts">
        {({ parked, cursor }) =>
          parked.length === 0 ? (
            <p className={tables.quiet}>No cart is parked.</p>
          ) : (
            <Scroller>
              <table className={tables.table}>
                <thead>
                  <tr>
                    <th scope="col">Cart, at the event that cannot be applied</th>
                    <th scope="col">Projection</th>
                    <th scope="col">Why</th>
                    <th scope="col">Build</th>
                    <th scope="col">Since</th>
                    <th scope="col" className={tables.end}>
                      Do
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {parked.map((cart) => {
                    const since = read(cart.since)
                    return (
                      <tr key={`${cart.subscription} ${cart.generation} ${cart.cart_id}`}>
                        <th scope="row">
                          <CartLink cart={cart.cart_id} version={cart.version} />
                        </th>
                        <td>
                          {cart.subscription} <Badge tone="calm">generation {cart.generation}</Badge>
                        </td>
                        <td className={tables.long}>
                          <bdi>{cart.reason}</bdi>
                        </td>
                        <td>{cart.build}</td>
                        <td>{since === undefined ? '–' : duration(Math.max(0, now - since))}</td>
                        <td className={tables.end}>
                          <Button className={styles.small} onClick={() => setAsked(cart)}>
                            Resume…
                          </Button>
                        </td>
                      </tr>
                    )
                  })}
                </tbody>
              </table>
              {cursor && (
                <p className={tables.quiet}>There are more; these are the first {counted(parked.length, 'cart')}.</p>
              )}
            </Scroller>
          )
        }
      </Watching>
      {asked && (
        <MotiveDialog
          title="Resume a parked cart"
          does="Try again"
          onClose={() => setAsked(null)}
          onDo={(motive) => resume(asked, motive)}
        >
          <p>
            <strong>{asked.subscription}</strong> reads the cart from the event table from version {asked.version} on,
            and applies what it can. Nobody else is held up by it; if it stands still again, it is parked again with the
            reason.
          </p>
          <p className={styles.quiet}>
            <bdi>{asked.reason}</bdi>
          </p>
        </MotiveDialog>
      )}
    </Part>
  )
}

function inWords({ subscription, outcome, version, parked }: Resumed['results'][number]): string {
  return outcome === 'resumed'
    ? `${subscription} goes on, at version ${version}`
    : `${subscription} stands still again behind version ${version}${parked ? `, ${parked.reason}` : ''}`
}
