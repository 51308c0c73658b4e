import type { Snapshot } from '@tillroll/cart'
import { useEffect, useRef } from 'react'
import { startNewCart } from '../session/session'
import { LineList } from '../shared/LineList'
import { Totals } from '../shared/Totals'
import { Button } from '../ui/Button'
import styles from './Receipt.module.css'

/** The till roll of a cart that was checked out. */
export function Receipt({ snapshot }: { snapshot: Snapshot }) {
  const { totals, lines, discounts, pending, id, confirmedVersion } = snapshot
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => title.current?.focus(), [])
  return (
    <div className={styles.receipt}>
      <div className={styles.scroll}>
        <div className={styles.roll}>
          <article className={styles.paper} aria-labelledby="receipt-title">
            <h3 id="receipt-title" ref={title} tabIndex={-1} className={styles.title}>
              Thank you
            </h3>
            <p className={styles.sub}>Tillroll Provisions</p>
            <LineList label="What you bought" lines={lines} currency={totals.currency} />
            <Totals cart={{ ...totals, discounts }} />
            <p className={styles.stamp} data-confirmed={pending.length === 0 || undefined}>
              {pending.length === 0 ? `Confirmed by the till, entry ${confirmedVersion}` : 'On its way to the till…'}
            </p>
            <p className={styles.id}>{id}</p>
          </article>
        </div>
      </div>
      <div className={styles.actions}>
        <Button look="main" onClick={startNewCart}>
          Start a new cart
        </Button>
      </div>
    </div>
  )
}
