import type { ReactNode } from 'react'
import styles from './Masthead.module.css'

/** The bar at the top of both pages: whose shop it is, and what the page puts beside that. */
export function Masthead({ stays = false, children }: { readonly stays?: boolean; readonly children: ReactNode }) {
  return (
    <header className={styles.masthead} data-stays={stays || undefined}>
      <a className={styles.brand} href="/shop/" aria-label="Tillroll Provisions">
        <img src="/shop/mark.svg" width="32" height="32" alt="" />
        <span className={styles.name}>
          Tillroll <span className={styles.kind}>Provisions</span>
        </span>
      </a>
      {children}
    </header>
  )
}
