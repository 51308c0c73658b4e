/** The findings behind a number, each with the way to its event. */
import { Button } from '@tillroll/storefront/ui/Button'
import { useState } from 'react'
import { moment } from '../clock/zone'
import { Badge } from '../watch/Badge'
import { CartLink } from '../watch/CartLink'
import { useClock } from '../watch/now'
import { Scroller } from '../watch/Scroller'
import tables from '../watch/tables.module.css'
import { counted, read } from '../watch/words'
import type { Finding } from './verification'

const SHOWN = 50

interface FindingsProps {
  readonly found: readonly Finding[]
  /** The server lists all there are. */
  readonly whole: boolean
  readonly narrowed: boolean
}

export function Findings({ found, whole, narrowed }: FindingsProps) {
  const clock = useClock()
  const [all, setAll] = useState(false)
  const shown = all ? found : found.slice(0, SHOWN)
  return (
    <Scroller>
      <table className={tables.table}>
        <caption className={tables.caption}>
          {counted(found.length, 'finding')}
          {narrowed && ' behind that number'}
          {!whole && '; the server lists the first 1,000, and counts all'}
        </caption>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Where</th>
            <th scope="col">Event</th>
            <th scope="col">Recorded</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ hop, kind, cart, version, recorded_at, object, reason }, nth) => {
            const at = read(recorded_at)
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: findings have no names, and their list never changes.
              <tr key={nth}>
                <td>
                  <Badge tone="wrong">{kind}</Badge>
                </td>
                <td>{hop}</td>
                <td className={tables.long}>
                  {cart === undefined ? <bdi>{object ?? ''}</bdi> : <CartLink cart={cart} version={version} />}
                  {reason && <span className={tables.quiet}> {reason}</span>}
                </td>
                <td>{at === undefined ? '–' : moment(at, clock)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {shown.length < found.length && (
        <Button look="quiet" onClick={() => setAll(true)}>
          All {found.length}
        </Button>
      )}
    </Scroller>
  )
}
