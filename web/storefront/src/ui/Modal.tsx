import { type ReactNode, type SyntheticEvent, useId, useLayoutEffect, useRef } from 'react'
import { IconButton } from './Button'
import { Icon } from './Icon'
import styles from './Modal.module.css'

interface ModalProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
  /** In the middle, or from the side. */
  readonly place?: 'middle' | 'side'
}

/**
 * The browser's own modal dialog: it keeps the focus inside, makes the rest inert, closes on Escape and gives the focus
 * back. It is open for as long as it is rendered.
 */
export function Modal({ title, onClose, children, place = 'middle' }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  // In the layout phase: it has to be closed, which gives the focus back, before it is taken out of the page.
  useLayoutEffect(() => {
    const element = dialog.current
    if (!element) return
    element.showModal()
    return () => element.close()
  }, [])
  const cancelled = (event: SyntheticEvent) => {
    event.preventDefault()
    onClose()
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape, which the dialog handles, is the keyboard's way to the same.
    <dialog
      ref={dialog}
      className={`${styles.modal} ${styles[place]}`}
      aria-labelledby={heading}
      onCancel={cancelled}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
    >
      <div className={styles.content}>
        <header className={styles.header}>
          <h2 id={heading} className={styles.title}>
            {title}
          </h2>
          <IconButton label={`Close: ${title}`} onClick={onClose}>
            <Icon name="close" />
          </IconButton>
        </header>
        {children}
      </div>
    </dialog>
  )
}
