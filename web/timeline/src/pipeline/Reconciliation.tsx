/** Do table, archive and projections agree? The answer for each stretch of time, and the events behind each number. */
import { formatCount } from '@tillroll/storefront/shared/money'
import { announce } from '@tillroll/storefront/ui/announce'
import { Button } from '@tillroll/storefront/ui/Button'
import { useEffect, useState } from 'react'
import { duration, moment } from '../clock/zone'
import { Notice } from '../ui/Notice'
import { say } from '../url/location'
import { text, useWord } from '../url/word'
import { Badge } from '../watch/Badge'
import { useClock } from '../watch/now'
import { isForbidden } from '../watch/poll'
import { Part } from '../watch/Screen'
import { counted, read } from '../watch/words'
import { Findings } from './Findings'
import styles from './Reconciliation.module.css'
import { RepairDialog } from './RepairDialog'
import { Slices } from './Slices'
import { useVerification } from './useVerification'
import { behind, isOver, type Verification } from './verification'

const PHASES = {
  reading: 'Reading the event table',
  waiting: 'Waiting for the stages',
  comparing: 'Comparing archive and projections',
  repairing: 'Repairing',
  finished: 'Finished',
  failed: 'Broke off',
} as const

export function Reconciliation() {
  const { newest, error, none, busy, failed, begin, again } = useVerification()
  const [repairing, setRepairing] = useState(false)
  const underWay = busy || (newest !== null && !isOver(newest))
  const over = newest !== null && isOver(newest) ? newest : null
  const verdict = over && !busy ? verdictOf(over) : null
  const said = verdict?.word
  useEffect(() => {
    if (said) announce(said)
  }, [said])
  const wrong = failed ?? error
  return (
    <Part
      title="Reconciliation"
      said={over && !busy ? <When of={over} /> : 'Event table, archive and projections, event for event.'}
      actions={
        <>
          {over?.ok === false && (
            <Button look="quiet" disabled={underWay} onClick={() => setRepairing(true)}>
              Repair…
            </Button>
          )}
          <Button disabled={underWay} onClick={() => void begin()}>
            {underWay ? 'Verifying…' : over ? 'Verify again' : 'Verify now'}
          </Button>
        </>
      }
    >
      {wrong && <p className={styles.wrong}>{isForbidden(wrong) ? 'Verifying is for operators.' : wrong.message}</p>}
      {none && !newest && !busy && (
        <Notice title="Nothing was verified yet">
          A verification reads everything once and says what is missing, double or different. Nothing is paused for it.
        </Notice>
      )}
      {underWay && <Course of={busy && newest && isOver(newest) ? null : newest} />}
      {over && !busy && <Report of={over} />}
      {repairing && <RepairDialog onClose={() => setRepairing(false)} onDone={again} />}
    </Part>
  )
}

function When({ of }: { readonly of: Verification }) {
  const clock = useClock()
  const [began, ended] = [read(of.started_at), read(of.finished_at)]
  if (began === undefined || ended === undefined) return null
  return `Verified ${moment(ended, clock)}, in ${duration(ended - began)}.`
}

/** How far it is. */
function Course({ of }: { readonly of: Verification | null }) {
  return (
    <p className={styles.course} role="status">
      <span className={styles.turning} aria-hidden="true" />
      {of ? PHASES[of.phase] : 'Beginning'}
      {of && (
        <span className={styles.quiet}>
          {counted(of.events_read, 'event')}, {counted(of.objects_read, 'archive object')},{' '}
          {counted(of.rows_read, 'row')} read
        </span>
      )}
    </p>
  )
}

function verdictOf({ phase, ok, findings_total = 0 }: Verification) {
  if (phase === 'failed') return { tone: 'wrong', word: 'It broke off' } as const
  return ok
    ? ({ tone: 'good', word: 'Everything agrees' } as const)
    : ({ tone: 'wrong', word: `${counted(findings_total, 'difference')} found` } as const)
}

function Report({ of }: { readonly of: Verification }) {
  const [slice] = useWord('slice', text, '')
  const [kind] = useWord('kind', text, '')
  const { tone, word } = verdictOf(of)
  const found = behind(of, slice, kind)
  const {
    events = 0,
    carts = 0,
    findings = [],
    findings_total = 0,
    on_their_way = {},
    filtered = {},
    summary = [],
  } = of
  const listed = findings.length < findings_total
  return (
    <>
      <p className={styles.verdict}>
        <Badge tone={tone}>{word}</Badge>
        <span>{of.error ?? `${counted(events, 'event')} of ${counted(carts, 'cart')} in the table.`}</span>
        {Object.entries(on_their_way).map(([hop, events]) => (
          <span key={hop} className={styles.quiet}>
            {counted(events, 'event')} on the way to {hop}.
          </span>
        ))}
        {Object.keys(filtered).map((subscription) => (
          <span key={subscription} className={styles.quiet}>
            {subscription} is made of some events only, and was compared with those.
          </span>
        ))}
      </p>
      {summary.length > 0 && (
        <ul className={styles.summary}>
          {summary.map(({ hop, kind, findings, advice }) => (
            <li key={`${hop} ${kind}`}>
              <strong>
                {formatCount(findings)} {kind}, {hop}
              </strong>{' '}
              {advice}.
            </li>
          ))}
        </ul>
      )}
      <Slices
        of={of}
        slice={slice}
        kind={kind}
        onChoose={(slice, kind) => say({ slice: slice || null, kind: kind || null })}
      />
      {findings_total > 0 && <Findings found={found} whole={!listed} narrowed={slice !== '' || kind !== ''} />}
    </>
  )
}
