import { VisuallyHidden } from '@tillroll/storefront/ui/VisuallyHidden'
import type { ComponentProps } from 'react'
import styles from './SearchField.module.css'
import { Sign } from './Sign'

interface SearchFieldProps extends Omit<ComponentProps<'input'>, 'type' | 'size' | 'className'> {
  /** Read out; what stands in the empty field is only an example. */
  readonly label: string
  readonly size?: 'ordinary' | 'small'
}

/** A field to look for something. What is passed as children stands behind what is typed. */
export function SearchField({ label, size = 'ordinary', children, ...input }: SearchFieldProps) {
  return (
    <label className={styles.field} data-size={size}>
      <Sign name="search" />
      <VisuallyHidden>{label}</VisuallyHidden>
      <input className={styles.input} type="search" spellCheck={false} autoComplete="off" {...input} />
      {children}
    </label>
  )
}
