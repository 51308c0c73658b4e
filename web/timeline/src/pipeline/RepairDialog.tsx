/** Putting right what a verification found: what that would do, then who asks and why, then the doing. */
import { announce } from '@tillroll/storefront/ui/announce'
import { useEffect, useState } from 'react'
import { type AskError, ask } from '../api/ask'
import { MotiveDialog } from '../watch/Motive'
import { asError } from '../watch/poll'
import { counted } from '../watch/words'
import styles from './Reconciliation.module.css'
import { isOver, type Repair, type Verification } from './verification'

/** How long the stages may take to pass what is there now, in seconds. */
const WAIT_S = 10
/** A repair that is under way is looked at so often, and not longer than this: the screen goes on looking. */
const LOOK_EVERY_MS = 1_000
const LOOKS_MAX = 300

interface RepairDialogProps {
  readonly onClose: () => void
  readonly onDone: () => void
}

export function RepairDialog({ onClose, onDone }: RepairDialogProps) {
  const plan = usePlan()
  return (
    <MotiveDialog
      title="Repair what was found"
      does="Repair"
      example="the archive disk was full on Monday"
      onClose={onClose}
      onDo={async (motive) => {
        const done = await verified({ repair: true, ...motive })
        announce(done.repair ? `Repaired: ${inWords(done.repair)}` : 'The repair has ended')
        onDone()
      }}
    >
      {plan.failed && (
        <p className={styles.wrong} role="alert">
          What it would do is not known: {plan.failed.message}
        </p>
      )}
      {plan.repair ? (
        <p>
          <strong>Dry run.</strong> It would do this: {inWords(plan.repair)}.
        </p>
      ) : (
        !plan.failed && <p role="status">Looking at what it would do; nothing is changed by that…</p>
      )}
      <p>
        Everything is taken from the event table, which no repair touches. What it cannot put right stays in the list,
        with what is left to do.
      </p>
    </MotiveDialog>
  )
}

function usePlan(): { readonly repair: Repair | null; readonly failed: AskError | null } {
  const [repair, setRepair] = useState<Repair | null>(null)
  const [failed, setFailed] = useState<AskError | null>(null)
  useEffect(() => {
    const gone = new AbortController()
    verified({ repair: true, dry_run: true }, gone.signal).then(
      (planned) => !gone.signal.aborted && setRepair(planned.repair ?? NOTHING),
      (thrown: unknown) => !gone.signal.aborted && setFailed(asError(thrown)),
    )
    return () => gone.abort()
  }, [])
  return { repair, failed }
}

const NOTHING: Repair = { dry_run: true, events_republished: 0, rows_rebuilt: 0, rows_left: 0 }

/** A verification with a repair, at its end. */
async function verified(body: object, signal?: AbortSignal): Promise<Verification> {
  const asking = signal ? { signal } : {}
  let one = await ask<Verification>('/verify', { method: 'POST', body: { wait: WAIT_S, ...body }, ...asking })
  for (let look = 0; !isOver(one) && look < LOOKS_MAX; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    one = await ask<Verification>(`/verify/${encodeURIComponent(one.id)}`, asking)
  }
  return one
}

function inWords({ events_republished, rows_rebuilt, rows_left }: Repair): string {
  const left = rows_left > 0 ? [`${counted(rows_left, 'row')} left as they are`] : []
  return [
    `${counted(events_republished, 'event')} put on the bus again`,
    `${counted(rows_rebuilt, 'row')} written anew`,
    ...left,
  ].join(', ')
}
