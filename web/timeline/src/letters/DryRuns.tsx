/** What would become of some letters now: the projector's own rules with the build that answers, and no write. */
import { useEffect, useState } from 'react'
import { ask } from '../api/ask'
import { Badge } from '../watch/Badge'
import { asError } from '../watch/poll'
import { counted } from '../watch/words'
import styles from './Letters.module.css'
import { EFFECTS, type Effect, type Head, type Letter } from './wire'

/** Most letters that are tried at a time; each is a message of up to a megabyte. */
export const TRIED_MAX = 20

export interface Tried {
  readonly letters: readonly Letter[]
  readonly failed: string | null
  readonly over: boolean
}

const UNTRIED: Tried = { letters: [], failed: null, over: false }

/** Tries the first of the letters, one after the other. */
export function useDryRuns(letters: readonly Head[]): Tried {
  const [tried, setTried] = useState(UNTRIED)
  const ids = letters
    .slice(0, TRIED_MAX)
    .map(({ id }) => id)
    .join()
  useEffect(() => {
    setTried(UNTRIED)
    if (ids === '') return
    const gone = new AbortController()
    const tryAll = async () => {
      for (const id of ids.split(',')) {
        const letter = await ask<Letter>(`/dead-letters/${encodeURIComponent(id)}`, { signal: gone.signal })
        setTried((tried) => ({ ...tried, letters: [...tried.letters, letter] }))
      }
      setTried((tried) => ({ ...tried, over: true }))
    }
    tryAll().catch((thrown: unknown) => {
      if (!gone.signal.aborted) setTried((tried) => ({ ...tried, over: true, failed: asError(thrown).message }))
    })
    return () => gone.abort()
  }, [ids])
  return tried
}

interface DryRunsProps {
  readonly tried: Tried
  /** How many letters it is about. */
  readonly total: number
}

export function DryRuns({ tried: { letters, failed, over }, total }: DryRunsProps) {
  const byEffect = Map.groupBy(letters, ({ dry_run }) => dry_run.effect)
  return (
    <div className={styles.dry} role="status">
      <p>
        <strong>Dry run</strong>{' '}
        {over
          ? total > TRIED_MAX && `of the first ${TRIED_MAX} of ${total}`
          : `${letters.length} of ${counted(Math.min(total, TRIED_MAX), 'letter')}…`}
      </p>
      <ul>
        {[...byEffect].map(([effect, of]) => (
          <li key={effect}>
            <Badge tone={toneOf(effect)}>{of.length}</Badge> {EFFECTS[effect]}.
          </li>
        ))}
      </ul>
      {failed && <p className={styles.failed}>{failed}</p>}
    </div>
  )
}

export function toneOf(effect: Effect) {
  switch (effect) {
    case 'applies':
    case 'rebuilds':
      return 'good'
    case 'nothing':
    case 'generation_gone':
      return 'calm'
    case 'parks':
    case 'unreadable':
      return 'wrong'
    default:
      return effect satisfies never
  }
}
