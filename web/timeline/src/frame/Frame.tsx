/** What is around every screen: the top bar and the rail. */
import { Announcer } from '@tillroll/storefront/ui/announce'
import { ThemeSwitch } from '@tillroll/storefront/ui/ThemeSwitch'
import type { MouseEvent, ReactNode } from 'react'
import { address, go } from '../url/location'
import styles from './Frame.module.css'
import { SCREENS, type Screen } from './screens'
import { ZoneSwitch } from './ZoneSwitch'

export function Frame({ screen, children }: { readonly screen: Screen | null; readonly children: ReactNode }) {
  return (
    <div className={styles.frame}>
      <header className={styles.bar}>
        <a className={styles.brand} href={hrefTo('')} onClick={(event) => follow(event, '')}>
          <img src="/timeline/mark.svg" alt="" width="28" height="28" />
          <span>
            Tillroll <span className={styles.kind}>timeline</span>
          </span>
        </a>
        <div className={styles.tools}>
          <ZoneSwitch />
          <ThemeSwitch />
        </div>
      </header>
      <nav className={styles.rail} aria-label="Screens">
        {SCREENS.map(({ name, word, path }) =>
          path === null ? null : (
            <a
              key={name}
              href={hrefTo(path)}
              aria-current={screen?.name === name ? 'page' : undefined}
              onClick={(event) => follow(event, path)}
            >
              {word}
            </a>
          ),
        )}
      </nav>
      <main className={styles.main}>{children}</main>
      <Announcer />
    </div>
  )
}

function hrefTo(path: string): string {
  return address({ path, query: new URLSearchParams(), fragment: '' })
}

/** A plain click stays on the page; a new tab and the like are the browser's. */
function follow(event: MouseEvent, path: string): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  go(path)
}
