/** One event as it was recorded. */

import { useStore } from '@tillroll/storefront/ui/store'
import { useContext } from 'react'
import { duration, moment } from '../../clock/zone'
import { NotesContext } from '../../files/notes'
import { isKnown } from '../../history/words'
import { CopyButton } from '../../ui/CopyButton'
import { Notice } from '../../ui/Notice'
import { isDisordered } from '../marks'
import { masked, maskedText, pretty } from '../masked'
import { useModel } from '../model'
import { Facts } from './Facts'
import styles from './Inspector.module.css'
import { readingOf } from './reading'
import { useEntry } from './useEntry'

export function EventPart() {
  const { version, rows, shown, clock, history } = useModel()
  useStore(rows.revision)
  const entry = useEntry()
  const { annotations } = useContext(NotesContext)
  if (version === 0) return <Notice title="Before the first event">Step forward to see what happened.</Notice>
  if (!entry) return null
  const type = entry.type.replace(/^tillroll\.cart\./, '')
  const data = () => pretty(masked(entry.data, shown))
  const [happened, recorded] = [momentOf(entry.time), momentOf(entry.recordedtime)]
  const late = recorded - happened
  const reading = readingOf(type, entry.schemaversion, entry.data)
  const said = annotations.filter((one) => one.version === version)
  const time = (at: number) =>
    Number.isNaN(at) ? null : <time dateTime={new Date(at).toISOString()}>{moment(at, clock)}</time>
  return (
    <article className={styles.side}>
      <h3 className={styles.sentence}>
        <bdi>{rows.get(version)?.sentence ?? type}</bdi>
      </h3>
      {!isKnown({ type }) && (
        <p className={styles.warning}>This build does not know events of this name. It was kept, and not folded.</p>
      )}
      {isDisordered(history.times, version) && (
        <p className={styles.warning}>It says that it happened before the event that it follows.</p>
      )}
      {said.map(({ text, author, at }) => (
        <blockquote key={`${at} ${text}`} className={styles.note}>
          <bdi>{text}</bdi>
          {(author || at) && (
            <footer>
              {[author && maskedText(author, shown), at && moment(Date.parse(at), clock)].filter(Boolean).join(', ')}
            </footer>
          )}
        </blockquote>
      ))}
      <Facts
        facts={[
          ['Type', <code key="type">{type}</code>],
          ['Version', version],
          ['Happened', time(happened)],
          [
            'Recorded',
            Number.isNaN(happened) || late > 0 || late < 0 ? (
              <>
                {time(recorded)} {delay(late)}
              </>
            ) : null,
          ],
          ['Actor', maskedText(entry.actor ?? null, shown)],
          ['Source', entry.source],
          ['Rules', entry.reducer && <code>{entry.reducer}</code>],
          ['Schema', reading.schema],
          ['Read as', reading.notes.length > 0 ? <Notes key="reading" notes={reading.notes} /> : null],
          ['Event id', <code key="id">{entry.id}</code>],
        ]}
      />
      <div className={styles.heading}>
        <h4>Data</h4>
        <CopyButton what="event data" text={data} />
      </div>
      <pre className={styles.json}>{data()}</pre>
    </article>
  )
}

function Notes({ notes }: { readonly notes: readonly string[] }) {
  return (
    <ul className={styles.notes}>
      {notes.map((note) => (
        <li key={note}>
          <bdi>{note}</bdi>
        </li>
      ))}
    </ul>
  )
}

function momentOf(text: string | undefined): number {
  return text === undefined ? Number.NaN : Date.parse(text)
}

/** How much later than it happened it was written. */
function delay(late: number): string {
  if (Number.isNaN(late)) return ''
  return late > 0 ? `(${duration(late)} later)` : `(${duration(late)} earlier)`
}
