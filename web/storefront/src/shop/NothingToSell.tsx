import type { NoCatalogue } from '../catalogue/load'
import { Button } from '../ui/Button'
import { Icon } from '../ui/Icon'
import styles from './NothingToSell.module.css'

const WHY = {
  unreachable: ['The shop cannot be reached', 'What is in your cart is kept. Look at the connection, and try again.'],
  none: ['The shelves are empty', 'This server has no catalogue. Start it with one: tillroll dev --catalogue FILE.'],
  unreadable: ['The price list cannot be read', 'What the server sent is no price list. What is in your cart is kept.'],
} as const satisfies Record<NoCatalogue, readonly [string, string]>

/** Before there is a price list, or when there is none. */
export function NothingToSell({ why, onRetry }: { why: 'loading' | NoCatalogue; onRetry: () => void }) {
  if (why === 'loading') {
    return (
      <div className={styles.loading} role="status" aria-label="The shop is being opened">
        <div className={styles.bar} />
        <div className={styles.shelf}>
          {Array.from({ length: 8 }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same.
            <div key={index} className={styles.card} />
          ))}
        </div>
      </div>
    )
  }
  const [title, what] = WHY[why]
  return (
    <main className={styles.nothing} id="products">
      <h1>{title}</h1>
      <p>{what}</p>
      <Button look="main" onClick={onRetry}>
        <Icon name="again" />
        Try again
      </Button>
    </main>
  )
}
