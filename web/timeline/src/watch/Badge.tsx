/** A state in words, with a colour that says it again. */
import type { ReactNode } from 'react'
import styles from './watch.module.css'

export type Tone = 'calm' | 'good' | 'busy' | 'wrong'

export function Badge({
  tone,
  children,
  title,
}: {
  readonly tone: Tone
  readonly children: ReactNode
  readonly title?: string
}) {
  return (
    <span className={styles.badge} data-tone={tone} title={title}>
      {children}
    </span>
  )
}
