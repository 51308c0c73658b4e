import { store, useStore } from './store'
import styles from './visually-hidden.module.css'

/** What a screen reader says next. The number makes the same sentence twice two announcements. */
const said = store({ polite: '', urgent: '', nth: 0 })

/** Says something when the reader has time for it. */
export function announce(sentence: string): void {
  said.update(({ nth }) => ({ polite: sentence, urgent: '', nth: nth + 1 }))
}

/** Says something at once: for what was refused. */
export function announceAtOnce(sentence: string): void {
  said.update(({ nth }) => ({ polite: '', urgent: sentence, nth: nth + 1 }))
}

/** Stands once on a page, and is there before anything is said, or nothing would be. */
export function Announcer() {
  const { polite, urgent, nth } = useStore(said)
  // A zero-width mark that comes and goes makes the text another one.
  const again = nth % 2 === 0 ? '' : '\u200b'
  return (
    <>
      <div className={styles.hidden} role="status" aria-live="polite" data-announcer="polite">
        {polite && polite + again}
      </div>
      <div className={styles.hidden} role="alert" aria-live="assertive" data-announcer="urgent">
        {urgent && urgent + again}
      </div>
    </>
  )
}
