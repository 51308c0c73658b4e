import type { Snapshot } from '@tillroll/cart'
import { Button } from '../ui/Button'
import styles from './Notices.module.css'

/** What a shopper should know about the page itself; rare, and never in the way of the cart. */
export function Notices({ snapshot }: { snapshot: Snapshot }) {
  const { updateNeeded, storage, diverged, status } = snapshot
  return (
    <>
      {updateNeeded && (
        <div className={styles.notice} role="status">
          <p>The till has newer rules than this page. Nothing is lost: reload to go on.</p>
          <Button onClick={() => location.reload()}>Reload</Button>
        </div>
      )}
      {storage !== 'saved' && (
        <p className={styles.notice} role="status">
          This browser does not keep what is not sent yet. Leave the page open until it says “Saved”.
        </p>
      )}
      {diverged?.rebuilt && (
        <p className={styles.notice} role="status">
          This page and the till do not agree on the cart. At check out, the till’s total counts.
        </p>
      )}
      {status === 'none' && (
        <p className={styles.notice} role="status">
          The server does not know this cart any more.
        </p>
      )}
    </>
  )
}
