/** All keys that do something now: the sheet is the list that is listened to. */
import { Modal } from '@tillroll/storefront/ui/Modal'
import { Switch } from '@tillroll/storefront/ui/Switch'
import { useStore } from '@tillroll/storefront/ui/store'
import { type Keys, letters, listening, switchLetters } from '../keys/keys'
import { caps } from '../keys/names'
import styles from './HelpSheet.module.css'

export function HelpSheet({ onClose }: { readonly onClose: () => void }) {
  const parts = merged(useStore(listening))
  const on = useStore(letters)
  return (
    <Modal title="Keys" place="side" onClose={onClose}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section className={styles.sheet} tabIndex={0} aria-label="All keys">
        {parts.map(({ part, keys }) => (
          <section key={part} className={styles.part}>
            <h3 className={styles.heading}>{part}</h3>
            <dl>
              {keys.map(({ key, does }) => (
                <div key={key} className={styles.row}>
                  <dt>{does}</dt>
                  <dd>
                    {caps(key).map((cap) => (
                      <kbd key={cap} className={styles.cap}>
                        {cap}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <Switch label="Single letters do something" on={on} onChange={switchLetters} />
      </section>
    </Modal>
  )
}

/** Parts of one name under one heading, what belongs to the screen first. */
function merged(all: readonly Keys[]): readonly Keys[] {
  const parts = new Map<string, Keys>()
  for (const { part, keys } of all.toReversed()) {
    parts.set(part, { part, keys: [...(parts.get(part)?.keys ?? []), ...keys] })
  }
  return [...parts.values()]
}
