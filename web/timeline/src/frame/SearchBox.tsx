import { type FormEvent, useState } from 'react'
import { SearchField } from '../ui/SearchField'
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
      <SearchField
        label="Find a cart by id, sku or word"
        placeholder="Any id, sku or word; > for commands"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
    </form>
  )
}
