/** What led to an event and what it led to: command, errand, trace, and the events that share them. */
import { useStore } from '@tillroll/storefront/ui/store'
import { useEffect } from 'react'
import { useLatest } from '../../history/latest'
import { CopyButton } from '../../ui/CopyButton'
import { Notice } from '../../ui/Notice'
import { useModel } from '../model'
import { Facts } from './Facts'
import styles from './Inspector.module.css'
import { useEntry } from './useEntry'

export function Causes() {
  const { version, refusal, history, known, rows, goVersion } = useModel()
  useStore(rows.revision)
  const entry = useEntry()
  const { last } = useLatest(version > 0 ? version : null, `${version} ${known.length}`, (of) =>
    history.ask('related', { version: of }),
  )
  const related = last?.question === version ? last.answer : []
  useEffect(() => {
    rows.want('causes', related)
  }, [rows, related])
  if (refusal) return <Notice title="Nothing followed from it">A refused command leaves no event behind.</Notice>
  if (version === 0) return <Notice title="Before the first event">Nothing had led to anything.</Notice>
  if (!entry) return null
  const id = (value: string | undefined, what: string) =>
    value && (
      <span className={styles.id}>
        <code>{value}</code>
        <CopyButton what={what} text={() => value} />
      </span>
    )
  return (
    <div className={styles.side}>
      <Facts
        facts={[
          ['Command', id(entry.commandid, 'command id')],
          ['Its content', entry.commandhash && <code>{entry.commandhash}</code>],
          ['Correlation', id(entry.correlationid, 'correlation id')],
          ['Caused by', id(entry.causationid, 'causation id')],
          ['Trace', id(entry.traceparent, 'trace')],
        ]}
      />
      <h3 className={styles.subheading}>
        {related.length > 0 ? 'Events of the same errand' : 'No other event shares these'}
      </h3>
      <ol className={styles.turns}>
        {related.map((other) => (
          <li key={other}>
            <button type="button" className={styles.turn} onClick={() => goVersion(other)}>
              <span className={styles.turnVersion}>{other}</span>
              <bdi className={styles.turnValue}>{rows.get(other)?.sentence ?? '…'}</bdi>
              <span className={styles.turnTime}>{other < version ? 'before' : 'after'}</span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  )
}
