import type { ComponentProps } from 'react'
import { Sign, type SignName } from './Sign'
import styles from './ToolButton.module.css'

interface ToolButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  readonly label: string
  readonly sign?: SignName
  /** The word beside the sign; without it the label is only read out and comes up under the pointer. */
  readonly word?: string
  /** The key that does the same, for the label that comes up. */
  readonly hint?: string
}

/** A small button of a tool bar. */
export function ToolButton({ label, sign, word, hint, className, ...rest }: ToolButtonProps) {
  return (
    <button
      type="button"
      className={[styles.button, className].filter(Boolean).join(' ')}
      aria-label={word ? undefined : label}
      title={hint ? `${label} (${hint})` : label}
      {...rest}
    >
      {sign && <Sign name={sign} />}
      {word && <span>{word}</span>}
    </button>
  )
}
