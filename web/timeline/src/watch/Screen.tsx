/** A screen of the operators: its name, what can be done on it, what it shows. */
import { type ReactNode, useEffect } from 'react'
import styles from './watch.module.css'

interface ScreenProps {
  readonly title: string
  /** What is said beside the name. */
  readonly said?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
  /** The content has the whole height and scrolls inside. */
  readonly whole?: boolean
}

export function Screen({ title, said, actions, children, whole = false }: ScreenProps) {
  useEffect(() => {
    document.title = `${title} · Tillroll timeline`
  }, [title])
  return (
    <div className={styles.screen} data-whole={whole || undefined}>
      <header className={styles.header}>
        <h1 className={styles.title}>{title}</h1>
        {said && <p className={styles.said}>{said}</p>}
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}

interface PartProps {
  readonly title: string
  readonly said?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** One part of a screen, with a heading. */
export function Part({ title, said, actions, children }: PartProps) {
  return (
    <section className={styles.part} aria-label={title}>
      <div className={styles.partHead}>
        <h2 className={styles.partTitle}>{title}</h2>
        {said && <p className={styles.said}>{said}</p>}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  )
}
