/** Sending letters back: what would become of them, what it does to the order, how fast, who and why. */
import { announce } from '@tillroll/storefront/ui/announce'
import { useId, useRef } from 'react'
import { ask } from '../api/ask'
import { type Motive, MotiveDialog } from '../watch/Motive'
import { counted } from '../watch/words'
import { DryRuns, useDryRuns } from './DryRuns'
import { later } from './groups'
import styles from './Letters.module.css'
import type { Head, Redriven, Which } from './wire'

/** Most requests of one redrive: each moves up to a thousand, and says how many are left. */
const ROUNDS_MAX = 50
const RATE_MAX = 1_000

export interface Redrive {
  readonly which: Which
  /** As in "these 3 letters". */
  readonly what: string
  /** Those that are known here. */
  readonly letters: readonly Head[]
}

interface RedriveDialogProps {
  readonly redrive: Redrive
  /** All that are known. */
  readonly among: readonly Head[]
  readonly onClose: () => void
  readonly onDone: () => void
}

export function RedriveDialog({ redrive, among, onClose, onDone }: RedriveDialogProps) {
  const { which, what, letters } = redrive
  const tried = useDryRuns(letters)
  const rate = useRef<HTMLInputElement>(null)
  const id = useId()
  const after = later(letters, among)
  const depth = Math.max(0, ...tried.letters.map(({ queue_depth }) => queue_depth))
  const send = async (motive: Motive) => {
    const given = Number(rate.current?.value || Number.NaN)
    const moved = await redriveAll({ ...which, ...motive, ...(Number.isInteger(given) ? { rate: given } : {}) })
    announce(`${counted(moved, 'letter')} went back to the queue`)
    onDone()
  }
  return (
    <MotiveDialog title={`Redrive ${what}`} does="Redrive" onClose={onClose} onDo={send}>
      <DryRuns tried={tried} total={letters.length} />
      <div className={styles.ordering}>
        <p>
          <strong>Order.</strong>{' '}
          {tried.letters[0]?.ordering ??
            'A redriven message goes behind those that wait, and interleaves with newer ones.'}
        </p>
        <p>
          {depth === 0 ? 'Nothing waits in the queue now.' : `${counted(depth, 'message')} wait there now.`}{' '}
          {after.length > 0 &&
            `${counted(after.length, 'other dead letter')} here hold later events of the same carts.`}
        </p>
      </div>
      <label className={styles.rate} htmlFor={`${id}-rate`}>
        At most
        <input ref={rate} id={`${id}-rate`} type="number" min={1} max={RATE_MAX} step={1} placeholder="all at once" />
        letters a second
      </label>
    </MotiveDialog>
  )
}

/** Asks again until none is left, or nothing moves any more. */
async function redriveAll(body: object): Promise<number> {
  let moved = 0
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { redriven, left } = await ask<Redriven>('/dead-letters/redrive', { method: 'POST', body })
    moved += redriven.length
    if (left === 0 || redriven.length === 0) break
  }
  return moved
}
