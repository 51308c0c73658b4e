/** A new replay: what to send where, then what that would do, then, if it is meant, the run itself. */
import { Button } from '@tillroll/storefront/ui/Button'
import { Modal } from '@tillroll/storefront/ui/Modal'
import { useStore } from '@tillroll/storefront/ui/store'
import { type FormEvent, useRef, useState } from 'react'
import { ask } from '../api/ask'
import { zone } from '../clock/zone'
import { KINDS as EVENTS } from '../history/kinds'
import { asError } from '../watch/poll'
import type { Run } from '../watch/wire'
import { SUBSCRIPTIONS, type Subscription } from '../watch/words'
import { EstimateView } from './EstimateView'
import { type Draft, EMPTY, type Kind, requested } from './plan'
import styles from './Replays.module.css'
import type { Asked, Estimate } from './wire'

/** How long a dry run may wait for the archive, in seconds: less than an answer may take. */
const DRY_RUN_WAIT_S = 5

const KINDS = {
  new: 'All events, or some, into a new generation that then goes live',
  live: 'Into the live rows: what is missing there is applied',
  carts: 'Single carts, folded anew from the event table',
  back: 'Back to the generation that was live before',
} as const satisfies Record<Kind, string>

interface NewReplayProps {
  readonly onClose: () => void
  readonly onStarted: (run: Run) => void
}

export function NewReplay({ onClose, onStarted }: NewReplayProps) {
  const [draft, setDraft] = useState(EMPTY)
  const [planned, setPlanned] = useState<{ readonly asked: Asked; readonly estimate: Estimate } | null>(null)
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)
  // Names the run, so that a request that is sent again begins no second one.
  const key = useRef(crypto.randomUUID())
  const shownZone = useStore(zone)
  const change = (part: Partial<Draft>) => {
    setDraft((draft) => ({ ...draft, ...part }))
    setPlanned(null)
    setWrong(null)
    key.current = crypto.randomUUID()
  }
  const work = async (act: () => Promise<void>) => {
    setBusy(true)
    setWrong(null)
    try {
      await act()
    } catch (thrown) {
      setWrong(asError(thrown).message)
    } finally {
      setBusy(false)
    }
  }
  const plan = (event: FormEvent) => {
    event.preventDefault()
    const made = requested(draft, shownZone, Date.now())
    if ('wrong' in made) return setWrong(made.wrong)
    const { asked } = made
    const path = `/replays?wait=${DRY_RUN_WAIT_S}`
    void work(async () => {
      const estimate = await ask<Estimate>(path, { method: 'POST', body: { ...asked, dry_run: true } })
      setPlanned({ asked, estimate })
    })
  }
  const start = (asked: Asked) =>
    work(async () => {
      const headers = { 'idempotency-key': key.current }
      onStarted(await ask<Run>('/replays', { method: 'POST', body: asked, headers }))
    })
  return (
    <Modal title="New replay" onClose={onClose}>
      <form className={styles.form} onSubmit={plan}>
        <label className={styles.field}>
          Subscription
          <select
            value={draft.subscription}
            onChange={({ target }) => change({ subscription: target.value as Subscription })}
          >
            {SUBSCRIPTIONS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <fieldset className={styles.kinds}>
          <legend>What</legend>
          {(Object.keys(KINDS) as Kind[]).map((kind) => (
            <label key={kind}>
              <input type="radio" name="kind" checked={draft.kind === kind} onChange={() => change({ kind })} />
              {KINDS[kind]}
            </label>
          ))}
        </fieldset>
        <Which draft={draft} onChange={change} />
        {draft.kind !== 'carts' && (
          <label className={styles.field}>
            Most events a second
            <input
              inputMode="numeric"
              placeholder="as fast as it goes"
              autoComplete="off"
              value={draft.rate}
              onChange={({ target }) => change({ rate: target.value })}
            />
          </label>
        )}
        {wrong && (
          <p className={styles.wrong} role="alert">
            {wrong}
          </p>
        )}
        {planned && <EstimateView of={planned.estimate} />}
        <div className={styles.buttons}>
          <Button look="quiet" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" look={planned ? 'plain' : 'main'} disabled={busy}>
            {busy && !planned ? 'Planning…' : planned ? 'Plan again' : 'See what it would do'}
          </Button>
          {planned && (
            <Button look="main" disabled={busy} onClick={() => void start(planned.asked)}>
              {busy ? 'Starting…' : 'Start it'}
            </Button>
          )}
        </div>
      </form>
    </Modal>
  )
}

interface WhichProps {
  readonly draft: Draft
  readonly onChange: (part: Partial<Draft>) => void
}

/** Which events or carts; nothing of a rollback, which takes all. */
function Which({ draft, onChange }: WhichProps) {
  switch (draft.kind) {
    case 'back':
      return null
    case 'carts':
      return (
        <label className={styles.field}>
          Carts, by id
          <textarea
            rows={3}
            spellCheck={false}
            value={draft.carts}
            onChange={({ target }) => onChange({ carts: target.value })}
          />
        </label>
      )
    case 'new':
    case 'live':
      return (
        <details className={styles.some}>
          <summary>Some events only</summary>
          <div className={styles.range}>
            <label className={styles.field}>
              Happened from
              <input
                placeholder="2026-03-02 09:14"
                autoComplete="off"
                value={draft.from}
                onChange={({ target }) => onChange({ from: target.value })}
              />
            </label>
            <label className={styles.field}>
              to
              <input
                placeholder="2026-03-31 18:00"
                autoComplete="off"
                value={draft.to}
                onChange={({ target }) => onChange({ to: target.value })}
              />
            </label>
          </div>
          <fieldset className={styles.types}>
            <legend>Types; all when none is chosen</legend>
            {EVENTS.map((type) => (
              <label key={type}>
                <input
                  type="checkbox"
                  checked={draft.types.includes(type)}
                  onChange={({ target }) =>
                    onChange({
                      types: EVENTS.filter((one) => (one === type ? target.checked : draft.types.includes(one))),
                    })
                  }
                />
                {type}
              </label>
            ))}
          </fieldset>
        </details>
      )
    default:
      return draft.kind satisfies never
  }
}
