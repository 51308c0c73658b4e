/** A change that is recorded: what it will do, who asks for it, and why. */
import { Button } from '@tillroll/storefront/ui/Button'
import { Modal } from '@tillroll/storefront/ui/Modal'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import styles from './Motive.module.css'
import { asError } from './poll'

export interface Motive {
  readonly reason: string
  readonly by?: string
}

const BY = 'tillroll.timeline.by'
const REASON_CHARS_MAX = 500
const BY_CHARS_MAX = 100

interface MotiveDialogProps {
  readonly title: string
  /** The word on the button. */
  readonly does: string
  /** A reason as somebody might give it. */
  readonly example?: string
  readonly onClose: () => void
  /** Done when it is done; what it throws is shown, and can be tried again. */
  readonly onDo: (motive: Motive) => Promise<void>
  /** What will happen. */
  readonly children: ReactNode
}

export function MotiveDialog({ title, does, example = 'fixed in 0.2', onClose, onDo, children }: MotiveDialogProps) {
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<string | null>(null)
  const id = useId()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [reason, by] = [line(form.get('reason')), line(form.get('by'))]
    if (reason === '') return
    remember(by)
    setBusy(true)
    setFailed(null)
    try {
      await onDo(by === '' ? { reason } : { reason, by })
      onClose()
    } catch (thrown) {
      setFailed(asError(thrown).message)
      setBusy(false)
    }
  }
  return (
    <Modal title={title} onClose={onClose}>
      <form className={styles.form} onSubmit={(event) => void submit(event)}>
        {children}
        <label className={styles.field} htmlFor={`${id}-reason`}>
          Why
          <input
            id={`${id}-reason`}
            name="reason"
            required
            maxLength={REASON_CHARS_MAX}
            autoComplete="off"
            placeholder={example}
          />
        </label>
        <label className={styles.field} htmlFor={`${id}-by`}>
          Who asks
          <input id={`${id}-by`} name="by" maxLength={BY_CHARS_MAX} autoComplete="off" defaultValue={remembered()} />
        </label>
        <p className={styles.note}>Both are recorded, with what came of it.</p>
        {failed && (
          <p className={styles.failed} role="alert">
            {failed}
          </p>
        )}
        <div className={styles.buttons}>
          <Button look="quiet" onClick={onClose}>
            Leave it
          </Button>
          <Button look="main" type="submit" disabled={busy}>
            {busy ? 'Working…' : does}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

/** One line, as the API takes it. */
function line(given: FormDataEntryValue | null): string {
  return String(given ?? '')
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
}

function remembered(): string {
  try {
    return localStorage.getItem(BY) ?? ''
  } catch {
    return ''
  }
}

function remember(by: string): void {
  try {
    localStorage.setItem(BY, by)
  } catch {
    // Then it is asked for each time.
  }
}
