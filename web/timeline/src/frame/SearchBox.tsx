import { Icon } from '@tillroll/storefront/ui/Icon'
import { VisuallyHidden } from '@tillroll/storefront/ui/VisuallyHidden'
import { type FormEvent, useState } from 'react'
import styles from './SearchBox.module.css'
import { goTo, sought } from './search'

/** One box for everything that names a cart. */
export function SearchBox({ onCommand }: { readonly onCommand: (typed: string) => void }) {
  const [typed, setTyped] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const found = sought(typed)
    if (goTo(found)) setTyped('')
    else if (found.what === 'command') onCommand(found.text)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: `search` has no form's behaviour of its own.
    <form role="search" className={styles.box} onSubmit={submit}>
      <label className={styles.label}>
        <Icon name="search" />
        <VisuallyHidden>Find a cart by id, sku or word</VisuallyHidden>
        <input
          className={styles.input}
          type="search"
          spellCheck={false}
          autoComplete="off"
          placeholder="Any id, sku or word; > for commands"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
    </form>
  )
}
