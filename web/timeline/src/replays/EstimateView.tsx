/** What a replay would do: counted from the archive, with nothing changed. */
import { formatCount } from '@tillroll/storefront/shared/money'
import { duration } from '../clock/zone'
import { shortId } from '../watch/CartLink'
import { counted } from '../watch/words'
import { TARGETS } from './progress'
import styles from './Replays.module.css'
import type { Estimate } from './wire'

const MICRO = 1_000_000
const dollars = new Intl.NumberFormat(undefined, { style: 'currency', currency: 'USD', maximumFractionDigits: 4 })

export function EstimateView({ of }: { readonly of: Estimate }) {
  const types = Object.entries(of.by_type).sort(([, one], [, other]) => other - one)
  return (
    <section className={styles.estimate} aria-label="What it would do" aria-live="polite">
      <p>
        <strong>It would send {counted(of.events, 'event')}</strong> of {of.carts_are_more && 'more than '}
        {counted(of.carts_count, 'cart')} {TARGETS[of.target]}, in {counted(of.messages, 'message')} from{' '}
        {counted(of.objects, 'archive object')}
        {of.events_skipped > 0 && `; ${counted(of.events_skipped, 'event')} would move the gate alone`}.
      </p>
      <p>
        About {duration(of.seconds * 1_000)}, {secondsFrom(of)}. On AWS about{' '}
        {dollars.format(of.cost.micro_usd / MICRO)} at {of.cost.prices}.
      </p>
      {types.length > 0 && (
        <p className={styles.quiet}>{types.map(([name, count]) => `${formatCount(count)} ${name}`).join(', ')}</p>
      )}
      {!of.complete && (
        <p className={styles.wrong}>The archive is behind the event bus: there is more than was counted.</p>
      )}
    </section>
  )
}

function secondsFrom({ seconds_from }: Estimate): string {
  if (seconds_from === 'rate') return 'by the rate that was asked for'
  if (seconds_from === 'assumption') return 'assumed: nothing was measured here yet'
  return `measured by run ${shortId(seconds_from.run)}`
}
