import { formatCount } from '@tillroll/storefront/shared/money'
import type { Run } from '../watch/wire'
import { counted } from '../watch/words'
import { share } from './progress'
import styles from './Replays.module.css'

/** How much of the work is done, and of what. */
export function Bar({ run }: { readonly run: Run }) {
  const done = share(run)
  const said =
    run.target === 'carts'
      ? `${formatCount(run.carts_rebuilt)} of ${counted(run.carts?.length ?? 0, 'cart')}`
      : counted(run.events_sent, 'event')
  return (
    <span className={styles.progress}>
      <progress max={1} aria-label={`Progress of run ${run.id}`} {...(done === null ? {} : { value: done })} />
      <span>{said}</span>
    </span>
  )
}
