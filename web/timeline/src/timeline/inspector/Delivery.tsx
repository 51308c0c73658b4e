/** How far an event has come, stage by stage, and what each took. */
import { ask } from '../../api/ask'
import { duration, moment } from '../../clock/zone'
import { useLatest } from '../../history/latest'
import { Notice } from '../../ui/Notice'
import { useModel } from '../model'
import styles from './Inspector.module.css'

interface Stage {
  readonly stage: string
  readonly state: 'done' | 'pending' | 'parked' | 'expired' | 'missing' | 'unknown'
  readonly at?: string
  readonly key?: string
  readonly line?: number
  readonly shard?: string
  readonly sequence_number?: string
  readonly applied_version?: number
  readonly parked_at?: number
  readonly generation?: number
  /** How often it is there beside the first time. */
  readonly doubles?: number
  /** It came behind this later version. */
  readonly behind_version?: number
  readonly reason?: string
}

interface Receipt {
  readonly recordedtime: string | null
  readonly stages: readonly Stage[]
}

const STATES = {
  done: 'arrived',
  pending: 'on its way',
  parked: 'parked before it',
  expired: 'no longer kept',
  missing: 'missing',
  unknown: 'not found within bounds',
} as const satisfies Record<Stage['state'], string>

const NAMES: Readonly<Record<string, string>> = { table: 'Event table', bus: 'Event bus', archive: 'Archive' }

export function Delivery() {
  const { version, refusal, known, clock, remote } = useModel()
  const there = remote && version > 0 && !refusal
  const path = `/carts/${encodeURIComponent(known.cart)}/events/${version}/receipt`
  const { last, error, fresh } = useLatest(there ? path : null, path, (of) => ask<Receipt>(of))
  if (!remote) return <Notice title="A file is delivered nowhere">Where an event went is the server’s to say.</Notice>
  if (refusal) return <Notice title="There is nothing to deliver">A refused command leaves no event behind.</Notice>
  if (version === 0) return <Notice title="Before the first event">Nothing had to be delivered.</Notice>
  if (error && fresh)
    return (
      <Notice kind="wrong" title="There is no receipt">
        {error}
      </Notice>
    )
  if (!last || last.question !== path) return null
  const begun = last.answer.recordedtime === null ? Number.NaN : Date.parse(last.answer.recordedtime)
  return (
    <ol className={styles.stages}>
      {last.answer.stages.map((stage) => {
        const at = stage.at === undefined ? Number.NaN : Date.parse(stage.at)
        return (
          <li key={stage.stage} className={styles.stage} data-state={stage.state}>
            <span className={styles.stageName}>{NAMES[stage.stage] ?? stage.stage}</span>
            <span className={styles.stageState}>{stateInWords(stage)}</span>
            <span className={styles.stageTime}>
              {!Number.isNaN(at) && <time dateTime={stage.at}>{moment(at, clock)}</time>}
              {at > begun && ` · after ${duration(at - begun)}`}
            </span>
            <span className={styles.stageWhere} title={stage.key}>
              {whereInWords(stage, version)}
            </span>
          </li>
        )
      })}
    </ol>
  )
}

/** Doubles and disorder are words too: the projections see through both. */
function stateInWords({ state, doubles, behind_version }: Stage): string {
  const again = doubles === undefined ? [] : [doubles === 1 ? 'twice' : `${doubles + 1} times`]
  const late = behind_version === undefined ? [] : [`behind version ${behind_version}`]
  return [STATES[state], ...again, ...late].join(', ')
}

function whereInWords(stage: Stage, version: number): string {
  const applied = stage.applied_version
  return [
    stage.shard && `${stage.shard}, place ${stage.sequence_number ?? '?'}`,
    // Places in a shard are written with many zeros in front.
    stage.key && `${stage.key.replaceAll(/0{6,}/g, '0…')}, line ${stage.line ?? '?'}`,
    applied !== undefined && (applied >= version ? `has applied up to version ${applied}` : `is at version ${applied}`),
    stage.parked_at !== undefined && `stands still before version ${stage.parked_at}`,
    stage.reason,
  ]
    .filter(Boolean)
    .join(' · ')
}
