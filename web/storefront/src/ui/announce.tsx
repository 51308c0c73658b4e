import { store, useStore } from './store'
import styles from './visually-hidden.module.css'

/** A sentence, and how many there have been: the same one twice is two announcements. */
interface Said {
  readonly sentence: string
  readonly nth: number
}

const NOTHING: Said = { sentence: '', nth: 0 }
const politely = store(NOTHING)
const urgently = store(NOTHING)

/** Says something when the reader has time for it. */
export function announce(sentence: string): void {
  politely.update(({ nth }) => ({ sentence, nth: nth + 1 }))
}

/** Says something at once: for what was refused. */
export function announceAtOnce(sentence: string): void {
  urgently.update(({ nth }) => ({ sentence, nth: nth + 1 }))
}

/** Stands once on a page, and is there before anything is said, or nothing would be. */
export function Announcer() {
  return (
    <>
      <div className={styles.hidden} role="status" aria-live="polite" data-announcer="polite">
        {text(useStore(politely))}
      </div>
      <div className={styles.hidden} role="alert" aria-live="assertive" data-announcer="urgent">
        {text(useStore(urgently))}
      </div>
    </>
  )
}

/** A mark without a width that comes and goes makes a sentence another text. */
function text({ sentence, nth }: Said): string {
  return sentence && sentence + (nth % 2 === 0 ? '' : '\u200b')
}
