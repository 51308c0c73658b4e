/** A part that is watched, in each of its states: not there yet, not to be had, not for this person, old, there. */
import { Button } from '@tillroll/storefront/ui/Button'
import type { ReactNode } from 'react'
import type { AskError } from '../api/ask'
import { duration } from '../clock/zone'
import { Notice } from '../ui/Notice'
import { useNow } from './now'
import { isForbidden, type Watched } from './poll'
import styles from './watch.module.css'

/** What was heard so lately is the present, as often as it is asked for. */
const LIVE_MS = 10_000

interface WatchingProps<T> {
  readonly of: Watched<T>
  /** As in "the pipeline". */
  readonly what: string
  readonly children: (value: T) => ReactNode
}

export function Watching<T>({ of, what, children }: WatchingProps<T>) {
  const { value, at, error, again } = of
  if (value !== null) {
    return (
      <>
        {error && at !== null && <Stale what={what} at={at} why={error.message} onAgain={again} />}
        {children(value)}
      </>
    )
  }
  if (!error) return <Loading what={what} />
  if (isForbidden(error)) return <Forbidden what={what} error={error} onRetry={again} />
  return (
    <Notice kind="wrong" title={`${capital(what)} cannot be had`} actions={<Button onClick={again}>Try again</Button>}>
      {error.message}
    </Notice>
  )
}

/** Grey lines where the content will be. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <div className={styles.loading} role="status">
      <p>Asking for {what}…</p>
      <div className={styles.ghost} />
      <div className={styles.ghost} />
      <div className={styles.ghost} />
    </div>
  )
}

interface ForbiddenProps {
  readonly what: string
  readonly error: AskError
  readonly onRetry: () => void
  /** What else there is. */
  readonly children?: ReactNode
}

/** Not for whoever looks: who it is for, what the server said, and what is to be done. */
export function Forbidden({ what, error, onRetry, children }: ForbiddenProps) {
  return (
    <Notice title="This is for operators" actions={<Button onClick={onRetry}>Try again</Button>}>
      {`The server does not show ${what} to you: ${WHY[error.code] ?? error.message}. ${todo(error)}`} {children}
      <span className={styles.code}>
        {error.status} <code>{error.code}</code>
      </span>
    </Notice>
  )
}

/** By the server's code. */
const WHY: Readonly<Record<string, string>> = {
  token_needed: 'nobody is signed in',
  invalid_token: 'your sign-in is over, or is of another system',
  not_an_operator: "your account is not in the operators' group",
}

function todo({ status }: AskError): string {
  return status === 401
    ? "Sign in with an account of the operators' group, then try again."
    : 'Sign in with another account, or ask an operator to look.'
}

interface StaleProps {
  readonly what: string
  readonly at: number
  readonly why: string
  readonly onAgain: () => void
}

function Stale({ what, at, why, onAgain }: StaleProps) {
  const age = Math.max(0, useNow() - at)
  return (
    <div className={styles.stale} role="status">
      <p>
        <strong>Stale.</strong> This is {what} of {duration(age)} ago. {why}
      </p>
      <Button onClick={onAgain}>Ask now</Button>
    </div>
  )
}

/** How old what is shown is, in a few words. */
export function Age({ of: { at, error } }: { readonly of: Pick<Watched<unknown>, 'at' | 'error'> }) {
  const now = useNow()
  if (at === null) return null
  const live = error === null && now - at < LIVE_MS
  return <span className={styles.age}>{live ? 'live' : `${duration(Math.max(0, now - at))} old`}</span>
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
