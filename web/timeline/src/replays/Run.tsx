/** One run: its phases, its figures, what can be done with it, and whether what it made agrees. */

import { announce } from '@tillroll/storefront/ui/announce'
import { Button } from '@tillroll/storefront/ui/Button'
import { useState } from 'react'
import { ask } from '../api/ask'
import { duration, moment } from '../clock/zone'
import { follow, hrefTo } from '../frame/follow'
import { go } from '../url/location'
import { Badge } from '../watch/Badge'
import { CartLink, shortId } from '../watch/CartLink'
import { useClock } from '../watch/now'
import { asError, useWatched } from '../watch/poll'
import { Part, Screen } from '../watch/Screen'
import { Age, Watching } from '../watch/Watching'
import type { Run as Seen } from '../watch/wire'
import { counted } from '../watch/words'
import { Bar } from './Bar'
import { Compared } from './Compared'
import { course, filterInWords, isOver, PHASES, pace, stateOf, TARGETS, worked } from './progress'
import styles from './Replays.module.css'
import { runPath } from './RunList'

const EVERY_MS = 2_000

export function Run({ id }: { readonly id: string }) {
  const run = useWatched<Seen>(`/replays/${encodeURIComponent(id)}`, EVERY_MS)
  return (
    <Screen
      title={`Replay ${shortId(id)}`}
      said={<Age of={run} />}
      actions={
        <a href={hrefTo('replays')} onClick={(event) => follow(event, 'replays')}>
          All replays
        </a>
      }
    >
      <Watching of={run} what="the run">
        {(seen) => (
          <>
            <Steering run={seen} onChanged={run.again} />
            <Course run={seen} />
            <Figures run={seen} />
            {seen.phase === 'finished' && <Compared run={seen} />}
          </>
        )}
      </Watching>
    </Screen>
  )
}

type Change = 'pause' | 'resume' | 'cancel' | 'rollback'

function Steering({ run, onChanged }: { readonly run: Seen; readonly onChanged: () => void }) {
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<string | null>(null)
  const [asked, setAsked] = useState<Change | null>(null)
  const { tone, word } = stateOf(run)
  const change = async (change: Change) => {
    setBusy(true)
    setFailed(null)
    setAsked(null)
    try {
      const changed = await ask<Seen>(`/replays/${run.id}/${change}`, { method: 'POST' })
      announce(`Run ${shortId(run.id)}: ${stateOf(changed).word}`)
      if (changed.id !== run.id) go(runPath(changed.id))
      else onChanged()
    } catch (thrown) {
      setFailed(asError(thrown).message)
    } finally {
      setBusy(false)
    }
  }
  const stands = run.paused_at !== null || run.error !== null
  return (
    <>
      <div className={styles.steering}>
        <Badge tone={tone}>{word}</Badge>
        <Bar run={run} />
        <span className={styles.quiet}>{isOver(run) ? '' : pace(run)}</span>
        <span className={styles.buttons}>
          {!isOver(run) && run.paused_at === null && (
            <Button disabled={busy} onClick={() => void change('pause')}>
              Pause
            </Button>
          )}
          {!isOver(run) && stands && (
            <Button look="main" disabled={busy} onClick={() => void change('resume')}>
              Resume
            </Button>
          )}
          {!isOver(run) && (
            <Button look="danger" disabled={busy} onClick={() => setAsked('cancel')}>
              Cancel…
            </Button>
          )}
          {run.phase === 'finished' && run.target !== 'carts' && run.target !== 'live_generation' && (
            <Button look="danger" disabled={busy} onClick={() => setAsked('rollback')}>
              Roll back…
            </Button>
          )}
        </span>
      </div>
      {asked && (
        <div className={styles.sure} role="alertdialog" aria-label="Sure?">
          <p>{asked === 'cancel' ? CANCEL : ROLLBACK}</p>
          <span className={styles.buttons}>
            <Button look="quiet" onClick={() => setAsked(null)}>
              Leave it
            </Button>
            <Button look="danger" onClick={() => void change(asked)}>
              {asked === 'cancel' ? 'Cancel the run' : 'Roll back'}
            </Button>
          </span>
        </div>
      )}
      {failed && (
        <p className={styles.wrong} role="alert">
          {failed}
        </p>
      )}
      {run.error && <p className={styles.wrong}>It stands still: {run.error}. Put that right, then resume.</p>}
    </>
  )
}

const CANCEL =
  'The live rows were never touched and stay as they are. What is in the queue is acknowledged without effect. A cancelled run cannot go on.'
const ROLLBACK =
  'The generation that was live before is filled with what it lacks, from the event table, and goes live again. That is a run of its own, and can be rolled back too.'

/** The phases in their order, the present one marked. */
function Course({ run }: { readonly run: Seen }) {
  const phases = course(run)
  const now = phases.indexOf(run.phase)
  return (
    <ol className={styles.course} aria-label="Phases">
      {phases.map((phase, nth) => (
        <li
          key={phase}
          data-past={nth < now || run.phase === 'finished' || undefined}
          aria-current={nth === now ? 'step' : undefined}
        >
          {PHASES[phase]}
        </li>
      ))}
      {run.phase === 'cancelled' && <li aria-current="step">Cancelled</li>}
    </ol>
  )
}

function Figures({ run }: { readonly run: Seen }) {
  const clock = useClock()
  const at = (text: string) => moment(Date.parse(text), clock)
  const which = filterInWords(run.filter, (at) => moment(at, clock))
  const sends = run.target === 'new_generation' || run.target === 'live_generation'
  const facts: readonly (readonly [string, string] | null)[] = [
    ['Subscription', `${run.subscription}, ${TARGETS[run.target]}`],
    run.target === 'carts' ? null : ['Generation', run.generation === null ? 'not taken yet' : String(run.generation)],
    sends ? ['Events', which === '' ? 'all' : which] : null,
    sends ? ['Sent', `${counted(run.events_sent, 'event')} in ${counted(run.messages_sent, 'message')}`] : null,
    run.filter ? ['Skipped', `${counted(run.events_skipped, 'event')} that the filter does not let through`] : null,
    sends ? ['Archive', `${run.objects_done} of ${run.objects_total ?? '?'} objects`] : null,
    run.target === 'carts' ? ['Rebuilt', counted(run.carts_rebuilt, 'cart')] : null,
    run.target === 'carts' ? null : ['Filled from the table', counted(run.carts_filled, 'cart')],
    ['Started', at(run.started_at)],
    ['Ended', run.finished_at ? at(run.finished_at) : 'not yet'],
    ['At work for', duration(worked(run, clock.now))],
  ]
  return (
    <Part title="Figures">
      <dl className={styles.facts}>
        {facts
          .flatMap((fact) => (fact === null ? [] : [fact]))
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {run.carts && (
        <details>
          <summary>{counted(run.carts.length, 'cart')}</summary>
          <ul className={styles.carts}>
            {run.carts.map((cart) => (
              <li key={cart}>
                <CartLink cart={cart} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </Part>
  )
}
