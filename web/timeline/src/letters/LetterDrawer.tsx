/** One dead letter whole: why it was given up, what would become of it now, what it holds. */
import { Modal } from '@tillroll/storefront/ui/Modal'
import { duration, moment } from '../clock/zone'
import { Badge } from '../watch/Badge'
import { CartLink } from '../watch/CartLink'
import { useClock } from '../watch/now'
import { useWatched } from '../watch/poll'
import { Watching } from '../watch/Watching'
import { counted, read } from '../watch/words'
import { toneOf } from './DryRuns'
import { later, versions } from './groups'
import styles from './Letters.module.css'
import { EFFECTS, type Head, type Letter, OUTLOOKS } from './wire'

const EVERY_MS = 30_000
/** More of a message is not drawn: a browser is slow with a megabyte of text. */
const SHOWN_CHARS_MAX = 100_000

interface LetterDrawerProps {
  readonly id: string
  readonly among: readonly Head[]
  readonly onClose: () => void
}

export function LetterDrawer({ id, among, onClose }: LetterDrawerProps) {
  const letter = useWatched<Letter>(`/dead-letters/${encodeURIComponent(id)}`, EVERY_MS)
  return (
    <Modal title="Dead letter" place="side" onClose={onClose}>
      <div className={styles.drawer}>
        <Watching of={letter} what="the dead letter">
          {(letter) => <Whole of={letter} among={among} />}
        </Watching>
      </div>
    </Modal>
  )
}

function Whole({ of, among }: { readonly of: Letter; readonly among: readonly Head[] }) {
  const clock = useClock()
  const [sent, up] = [read(of.sent_at), read(of.given_up_at)]
  const after = later([of], among)
  return (
    <>
      <dl className={styles.facts}>
        <dt>Reason</dt>
        <dd>
          <bdi>{of.reason}</bdi>
        </dd>
        <dt>Queue</dt>
        <dd>
          replay {of.subscription}, {counted(of.queue_depth, 'message')} waiting
        </dd>
        <dt>Tried</dt>
        <dd>{counted(of.receive_count, 'time')}</dd>
        <dt>Sent</dt>
        <dd>{sent === undefined ? 'not known' : moment(sent, clock)}</dd>
        <dt>Given up</dt>
        <dd>{up === undefined ? 'not known' : `${moment(up, clock)}, ${duration(clock.now - up)} ago`}</dd>
        {of.events !== undefined && (
          <>
            <dt>Holds</dt>
            <dd>
              {counted(of.events, 'event')} of {counted(of.carts ?? 0, 'cart')}, {versions([of])}
            </dd>
          </>
        )}
      </dl>
      <h3 className={styles.heading}>If it were delivered now</h3>
      <p className={styles.effect}>
        <Badge tone={toneOf(of.dry_run.effect)}>{of.dry_run.would_succeed ? 'would succeed' : 'would fail'}</Badge>{' '}
        {EFFECTS[of.dry_run.effect]}.{of.dry_run.reason && ` ${of.dry_run.reason}.`}
      </p>
      {of.dry_run.carts.length > 0 && (
        <ul className={styles.outlooks}>
          {of.dry_run.carts.map(({ cart_id, first_version, last_version, applied_version, outlook, reason }) => (
            <li key={cart_id}>
              <CartLink cart={cart_id} version={last_version} short /> holds {first_version} to {last_version}, applied
              up to {applied_version}: {OUTLOOKS[outlook]}
              {reason && <span className={styles.quiet}> ({reason})</span>}
            </li>
          ))}
        </ul>
      )}
      <h3 className={styles.heading}>Later messages of the same carts</h3>
      {after.length === 0 ? (
        <p className={styles.quiet}>None among the dead letters. What is in the table beyond it is not lost.</p>
      ) : (
        <ul className={styles.outlooks}>
          {after.map((head) => (
            <li key={head.id}>
              letter {head.id}, {versions([head])}
            </li>
          ))}
        </ul>
      )}
      <p className={styles.quiet}>{of.ordering}</p>
      <h3 className={styles.heading}>Message</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls is reached by keys. */}
      <pre className={styles.message} tabIndex={0}>
        {(of.text ?? JSON.stringify(of.message, null, 2)).slice(0, SHOWN_CHARS_MAX)}
      </pre>
    </>
  )
}
