import { type KeyboardEvent, useId, useState } from 'react'
import { Icon } from './Icon'
import styles from './QuantityField.module.css'

interface QuantityFieldProps {
  readonly quantity: number
  /** Whose quantity it is, for those who do not see where it stands. */
  readonly of: string
  readonly onQuantity: (quantity: number) => void
  readonly onRemove: () => void
  readonly large?: boolean
}

/** Steps and a field to type in. What is typed counts on Enter or when the field is left; Escape takes it back. */
export function QuantityField({ quantity, of, onQuantity, onRemove, large = false }: QuantityFieldProps) {
  const [typed, setTyped] = useState<string | null>(null)
  const id = useId()
  const take = () => {
    if (typed === null) return
    setTyped(null)
    // What is not a number at all is no command; every number is one, and the cart's rules judge it.
    const wanted = typed.trim() === '' ? Number.NaN : Number(typed)
    if (Number.isSafeInteger(wanted) && wanted !== quantity) onQuantity(wanted)
  }
  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') take()
    else if (event.key === 'Escape' && typed !== null) {
      setTyped(null)
      event.stopPropagation()
      event.preventDefault()
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault()
      setTyped(null)
      const next = quantity + (event.key === 'ArrowUp' ? 1 : -1)
      if (next >= 1) onQuantity(next)
    }
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset does not lay out what is in it as other elements do.
    <div
      className={large ? `${styles.field} ${styles.large}` : styles.field}
      role="group"
      aria-label={`Quantity of ${of}`}
    >
      <button
        type="button"
        className={styles.step}
        aria-label={quantity > 1 ? `One less: ${of}` : `Remove: ${of}`}
        onClick={() => (quantity > 1 ? onQuantity(quantity - 1) : onRemove())}
      >
        <Icon name={quantity > 1 ? 'minus' : 'bin'} />
      </button>
      <input
        id={id}
        className={styles.input}
        aria-label={`Quantity of ${of}`}
        inputMode="numeric"
        autoComplete="off"
        size={Math.max(2, String(typed ?? quantity).length)}
        value={typed ?? quantity}
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={take}
        onKeyDown={keys}
      />
      <button
        data-next-focus
        type="button"
        className={styles.step}
        aria-label={`One more: ${of}`}
        onClick={() => onQuantity(quantity + 1)}
      >
        <Icon name="plus" />
      </button>
    </div>
  )
}
