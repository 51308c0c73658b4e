/** What stands where something would be: there is none, it cannot be had, or not by this person. */
import type { ReactNode } from 'react'
import styles from './Notice.module.css'

interface NoticeProps {
  readonly title: string
  /** What to do about it. */
  readonly children?: ReactNode
  /** Buttons and links. */
  readonly actions?: ReactNode
  readonly kind?: 'plain' | 'wrong'
}

export function Notice({ title, children, actions, kind = 'plain' }: NoticeProps) {
  return (
    <div className={styles.notice} data-kind={kind}>
      <h2 className={styles.title}>{title}</h2>
      {children && <p className={styles.text}>{children}</p>}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}
