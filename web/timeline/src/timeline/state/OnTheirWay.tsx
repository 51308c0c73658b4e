/** What was on its way to the server then, how that is known, and what the rules make of it. */
import type { Command } from '@tillroll/cart'
import { refusalInWords } from '@tillroll/storefront/shared/refusals'
import { timeOfDay } from '../../clock/zone'
import { commandInWords, eventInWords } from '../../whatif/words'
import { useModel } from '../model'
import { type Refusal, refusalOf } from '../refusals'
import { isKnown, type OnItsWay } from './ahead'
import styles from './Shopper.module.css'

interface OnTheirWayProps {
  readonly onItsWay: readonly OnItsWay[]
  readonly currency: string | null
  readonly refusal: Refusal | null
}

export function OnTheirWay({ onItsWay, currency, refusal }: OnTheirWayProps) {
  const { clock } = useModel()
  const unknown = refusal !== null && !onItsWay.some(({ record }) => record?.command_id === refusal.command_id)
  return (
    <section className={styles.way} aria-label="On its way then">
      {onItsWay.length === 0 && !unknown && (
        <p>As confirmed: as far as is known, nothing was on its way to the server then.</p>
      )}
      {unknown && (
        <p>
          <code>{refusal.type}</code> was on its way, and was refused. What it asked for was not kept, so it is not in
          this cart.
        </p>
      )}
      {onItsWay.length > 0 && (
        <>
          <h3>On its way then</h3>
          <ul>
            {onItsWay.map((one) => (
              <li key={one.event?.id ?? one.record?.command_id} data-known={one.known}>
                <bdi>{inWords(one, currency)}</bdi>
                <span className={styles.known}>{knownInWords(one, clock)}</span>
                {outcomeInWords(one, currency)}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function inWords({ event, record }: OnItsWay, currency: string | null): string {
  if (event) {
    const type = event.type.replace(/^tillroll\.cart\./, '')
    return eventInWords({ type, data: event.data } as Parameters<typeof eventInWords>[0], currency)
  }
  if (!record || !isKnown(record.type)) return `${record?.type}: a command that this build does not know`
  return commandInWords({ type: record.type, data: record.data } as Command)
}

function knownInWords({ known, sent, event }: OnItsWay, clock: Parameters<typeof timeOfDay>[1]): string {
  const when = Number.isNaN(sent) ? '' : ` ${timeOfDay(sent, clock)}`
  if (known === 'record') return `as the client recorded${when && `, sent${when}`}`
  const written = timeOfDay(Date.parse(event?.recordedtime ?? ''), clock)
  return `inferred from two clocks: happened${when}, written down ${written}`
}

/** Nothing for what the rules let pass: it is in the cart. */
function outcomeInWords({ step, record }: OnItsWay, currency: string | null) {
  if (step?.fate === 'refused') {
    const why = refusalInWords(refusalOf(step.code, step.details), { currency, nameOf: (sku) => sku })
    return <span className={styles.outcome}>Not in this cart, as its rules refuse it: {why}</span>
  }
  if (step?.fate === 'already_so') return <span className={styles.outcome}>It changes nothing.</span>
  return record?.status === 'refused' ? <span className={styles.outcome}>It was refused later.</span> : null
}
