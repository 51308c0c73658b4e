/** What is around every screen: the top bar, the rail, the sheet of keys and the palette. */
import { Announcer } from '@tillroll/storefront/ui/announce'
import { IconButton } from '@tillroll/storefront/ui/Button'
import { ThemeSwitch } from '@tillroll/storefront/ui/ThemeSwitch'
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react'
import { useKeys } from '../keys/keys'
import { learnBuild } from './build'
import { Environment } from './Environment'
import styles from './Frame.module.css'
import { follow, hrefTo } from './follow'
import { HelpSheet } from './HelpSheet'
import { Palette } from './Palette'
import { SearchBox } from './SearchBox'
import { SCREENS, type Screen } from './screens'
import { ZoneSwitch } from './ZoneSwitch'

/** What lies over the page. */
type Over = { readonly sheet: true } | { readonly palette: string } | null

export function Frame({ screen, children }: { readonly screen: Screen | null; readonly children: ReactNode }) {
  const [over, setOver] = useState<Over>(null)
  const close = () => setOver(null)
  useKeys('Everywhere', [
    { key: 'Ctrl+k', does: 'Commands', act: () => setOver({ palette: '' }) },
    { key: '?', does: 'All keys', act: () => setOver({ sheet: true }) },
  ])
  useEffect(() => void learnBuild(), [])
  const main = useRef<HTMLElement>(null)
  useFocusKept(main, screen)
  return (
    <div className={styles.frame}>
      <button type="button" className={styles.skip} onClick={() => main.current?.focus()}>
        Skip to the screen
      </button>
      <header className={styles.bar}>
        <a
          className={styles.brand}
          href={hrefTo('')}
          aria-label="Tillroll timeline"
          onClick={(event) => follow(event, '')}
        >
          <img src="/timeline/mark.svg" alt="" width="26" height="26" />
          <span>
            Tillroll <span className={styles.kind}>timeline</span>
          </span>
        </a>
        <Environment />
        <SearchBox onCommand={(palette) => setOver({ palette })} />
        <div className={styles.tools}>
          <ZoneSwitch />
          <ThemeSwitch />
          <IconButton label="All keys" aria-haspopup="dialog" onClick={() => setOver({ sheet: true })}>
            <span className={styles.question} aria-hidden="true">
              ?
            </span>
          </IconButton>
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
      <main ref={main} tabIndex={-1} className={styles.main}>
        <h1 className={styles.unseen}>{screen?.word ?? 'Nothing here'}</h1>
        {children}
      </main>
      {over && 'sheet' in over && <HelpSheet onClose={close} />}
      {over && 'palette' in over && <Palette first={over.palette} onClose={close} />}
      <Announcer />
    </div>
  )
}

/** What was focused goes with its screen; who works by keys or by ear goes on in the next one, not at the top of the page. */
function useFocusKept(main: RefObject<HTMLElement | null>, screen: Screen | null): void {
  const before = useRef(screen)
  useEffect(() => {
    const { activeElement: focused, body } = document
    const isLost = focused === body || main.current?.contains(focused)
    if (before.current !== screen && isLost) main.current?.focus()
    before.current = screen
  }, [main, screen])
}
