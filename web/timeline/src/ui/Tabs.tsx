/** Views of the same thing, one at a time. Only the one that is shown is there. */
import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'
import styles from './Tabs.module.css'

interface TabsProps<Name extends string> {
  readonly label: string
  readonly words: Readonly<Record<Name, string>>
  readonly shown: Name
  readonly onShow: (name: Name) => void
  readonly children: ReactNode
  /** At the end of the row of tabs. */
  readonly aside?: ReactNode
}

export function Tabs<Name extends string>({ label, words, shown, onShow, children, aside }: TabsProps<Name>) {
  const names = Object.keys(words) as Name[]
  return (
    <Base.Root className={styles.tabs} value={shown} onValueChange={(name: Name) => onShow(name)}>
      <div className={styles.row}>
        <Base.List className={styles.list} aria-label={label} activateOnFocus>
          {names.map((name) => (
            <Base.Tab key={name} value={name} className={styles.tab}>
              {words[name]}
            </Base.Tab>
          ))}
        </Base.List>
        {aside}
      </div>
      <Base.Panel value={shown} className={styles.panel}>
        {children}
      </Base.Panel>
    </Base.Root>
  )
}
