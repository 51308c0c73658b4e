/** Dead letters by cart, then by reason. */
import { Button } from '@tillroll/storefront/ui/Button'
import { duration, moment } from '../clock/zone'
import { CartLink } from '../watch/CartLink'
import { useClock } from '../watch/now'
import { Scroller } from '../watch/Scroller'
import tables from '../watch/tables.module.css'
import { counted } from '../watch/words'
import { type CartGroup, groups, type ReasonGroup, versions } from './groups'
import styles from './Letters.module.css'
import type { Redrive } from './RedriveDialog'
import type { Head } from './wire'

interface GroupsProps {
  readonly letters: readonly Head[]
  readonly onOpen: (id: string) => void
  readonly onRedrive: (redrive: Redrive) => void
}

export function Groups({ letters, onOpen, onRedrive }: GroupsProps) {
  return (
    <ul className={styles.groups}>
      {groups(letters).map((group) => (
        <li key={group.key} className={styles.group}>
          <div className={styles.groupHead}>
            <h3 className={styles.carts}>
              <Carts of={group} />
            </h3>
            {group.reasons.length > 1 && (
              <Button onClick={() => onRedrive(redriveOf(group.reasons.flatMap(({ letters }) => letters)))}>
                Redrive the group…
              </Button>
            )}
          </div>
          <Scroller>
            <table className={tables.table}>
              <thead>
                <tr>
                  <th scope="col">Reason</th>
                  <th scope="col" className={tables.end}>
                    Letters
                  </th>
                  <th scope="col">Oldest</th>
                  <th scope="col" className={tables.end}>
                    Tried
                  </th>
                  <th scope="col">Events</th>
                  <th scope="col">Queue</th>
                  <th scope="col" className={tables.end}>
                    Do
                  </th>
                </tr>
              </thead>
              <tbody>
                {group.reasons.map((of) => (
                  <ReasonRow key={`${of.subscription} ${of.reason}`} of={of} onOpen={onOpen} onRedrive={onRedrive} />
                ))}
              </tbody>
            </table>
          </Scroller>
        </li>
      ))}
    </ul>
  )
}

function Carts({ of: { carts, cartsTotal } }: { readonly of: CartGroup }) {
  if (carts.length === 0) return 'Of no cart that can be told'
  const [first, ...others] = carts
  const more = Math.max(cartsTotal, others.length + 1) - 1
  return (
    <>
      {first && <CartLink cart={first} />}
      {more > 0 && <span className={styles.quiet}> and {counted(more, 'other cart')}</span>}
    </>
  )
}

interface ReasonRowProps extends Pick<GroupsProps, 'onOpen' | 'onRedrive'> {
  readonly of: ReasonGroup
}

function ReasonRow({ of, onOpen, onRedrive }: ReasonRowProps) {
  const clock = useClock()
  const { subscription, reason, letters, oldest, attempts, events } = of
  return (
    <tr>
      <th scope="row" className={tables.long}>
        <bdi>{reason}</bdi>
        <span className={styles.ids}>
          {letters.slice(0, 5).map(({ id }) => (
            <button key={id} type="button" className={styles.open} onClick={() => onOpen(id)}>
              letter {id.length > 12 ? `${id.slice(0, 8)}…` : id}
            </button>
          ))}
          {letters.length > 5 && <span className={styles.quiet}>and {letters.length - 5} more</span>}
        </span>
      </th>
      <td className={tables.end}>{letters.length}</td>
      <td title={moment(oldest, clock)}>{duration(Math.max(0, clock.now - oldest))}</td>
      <td className={tables.end}>{attempts}×</td>
      <td>{events === 0 ? '–' : `${counted(events, 'event')}, ${versions(letters)}`}</td>
      <td>{subscription}</td>
      <td className={tables.end}>
        <Button className={styles.small} onClick={() => onRedrive(redriveOf(letters))}>
          Redrive…
        </Button>
      </td>
    </tr>
  )
}

/** One request names at most a thousand, which is as many as are shown. */
function redriveOf(letters: readonly Head[]): Redrive {
  return { which: { ids: letters.map(({ id }) => id) }, what: counted(letters.length, 'letter'), letters }
}
