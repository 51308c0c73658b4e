/** What it comes to. Money first: that is what somebody asks about. */
import { formatCount, formatMoney } from '@tillroll/storefront/shared/money'
import type { Pair } from './answer'
import styles from './WhatIf.module.css'

interface HeadlineProps {
  readonly pair: Pair
  /** How many there are. */
  readonly edits: number
  readonly onDivergence: () => void
}

export function Headline({ pair, edits, onDivergence }: HeadlineProps) {
  const { money, recorded, alternative } = pair.told
  const [a, b] = [recorded?.currency ?? null, alternative?.currency ?? recorded?.currency ?? null]
  const more = money.difference
  const said =
    more === null
      ? 'The two are in different currencies.'
      : more === 0
        ? 'Both come to the same.'
        : `B comes to ${formatMoney(Math.abs(more), b)} ${more > 0 ? 'more' : 'less'}.`
  return (
    <dl className={styles.money} data-difference={more ?? undefined}>
      <div>
        <dt>A at its end</dt>
        <dd>{formatMoney(money.recorded, a)}</dd>
      </div>
      <div>
        <dt>B at its end</dt>
        <dd>{formatMoney(money.alternative, b)}</dd>
      </div>
      <div className={styles.difference}>
        <dt>Difference</dt>
        <dd>{said}</dd>
      </div>
      <div>
        <dt>First difference</dt>
        <dd>
          {pair.divergence >= 0 ? (
            <button type="button" className={styles.parted} onClick={onDivergence}>
              step {formatCount(pair.divergence + 1)}
            </button>
          ) : edits === 0 ? (
            'no edits'
          ) : (
            'none, the carts are alike'
          )}
        </dd>
      </div>
    </dl>
  )
}
