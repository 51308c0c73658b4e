/** What to look for: a text, chips, and filters that were given a name. */
import { Button } from '@tillroll/storefront/ui/Button'
import { Icon } from '@tillroll/storefront/ui/Icon'
import { useStore } from '@tillroll/storefront/ui/store'
import { VisuallyHidden } from '@tillroll/storefront/ui/VisuallyHidden'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useKeys } from '../keys/keys'
import styles from './Filters.module.css'
import { forget, keep, NAME_CHARS_MAX, same, saved } from './saved'
import { EVERYTHING, isEverything, TEXT_CHARS_MAX, type Wanted } from './wanted'

/** Typing is over when nothing was typed for so long. */
const TYPED_MS = 300

interface FiltersProps {
  readonly wanted: Wanted
  readonly onWanted: (change: Partial<Wanted>) => void
}

const STATUS = { '': 'All', open: 'Open', closed: 'Closed' } as const
const FLAGS = { parked: 'Parked', imported: 'Imported' } as const

export function Filters({ wanted, onWanted }: FiltersProps) {
  return (
    <div className={styles.filters}>
      <Text q={wanted.q} onText={(q) => onWanted({ q })} />
      <fieldset className={styles.chips}>
        <legend>
          <VisuallyHidden>Status</VisuallyHidden>
        </legend>
        {(Object.keys(STATUS) as (keyof typeof STATUS)[]).map((status) => (
          <Chip key={status} on={wanted.status === status} onClick={() => onWanted({ status })}>
            {STATUS[status]}
          </Chip>
        ))}
      </fieldset>
      <fieldset className={styles.chips}>
        <legend>
          <VisuallyHidden>Flags</VisuallyHidden>
        </legend>
        {(Object.keys(FLAGS) as (keyof typeof FLAGS)[]).map((flag) => (
          <Chip
            key={flag}
            on={wanted.flag === flag}
            onClick={() => onWanted({ flag: wanted.flag === flag ? '' : flag })}
          >
            {FLAGS[flag]}
          </Chip>
        ))}
      </fieldset>
      <Saved wanted={wanted} onWanted={onWanted} />
    </div>
  )
}

function Text({ q, onText }: { readonly q: string; readonly onText: (q: string) => void }) {
  const [typed, setTyped] = useState(q)
  const input = useRef<HTMLInputElement>(null)
  const told = useRef(q)
  // The address may change by itself: back, a saved filter, the search box of the top bar.
  useEffect(() => {
    if (q !== told.current) setTyped(q)
    told.current = q
  }, [q])
  const tell = (text: string) => {
    told.current = text.trim()
    onText(text.trim())
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was typed decides when it is told.
  useEffect(() => {
    if (typed.trim() === told.current) return
    const over = setTimeout(() => tell(typed), TYPED_MS)
    return () => clearTimeout(over)
  }, [typed])
  useKeys('Carts', [{ key: '/', does: 'Find carts', act: () => input.current?.focus() }])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    tell(typed)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: `search` has no form's behaviour of its own.
    <form role="search" aria-label="Carts" className={styles.text} onSubmit={submit}>
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        aria-label="Find carts by id, owner, SKU, item name or discount code"
        placeholder="Cart id, owner, SKU, item or code"
        spellCheck={false}
        autoComplete="off"
        maxLength={TEXT_CHARS_MAX}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
    </form>
  )
}

interface ChipProps {
  readonly on: boolean
  readonly onClick: () => void
  readonly children: string
}

function Chip({ on, onClick, children }: ChipProps) {
  return (
    <button type="button" className={styles.chip} aria-pressed={on} onClick={onClick}>
      {children}
    </button>
  )
}

/** Named filters; the one that holds can be forgotten, one that has no name can get one. */
function Saved({ wanted, onWanted }: FiltersProps) {
  const all = useStore(saved)
  const [naming, setNaming] = useState(false)
  const current = all.find((one) => same(one.wanted, wanted))
  const nothing = isEverything(wanted)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('name') ?? '').trim()
    if (name !== '') keep(name, wanted)
    setNaming(false)
  }
  return (
    <fieldset className={styles.chips}>
      <legend>
        <VisuallyHidden>Saved filters</VisuallyHidden>
      </legend>
      {all.map(({ name, wanted: kept }) => (
        <span key={name} className={styles.saved}>
          <Chip on={current?.name === name} onClick={() => onWanted(current?.name === name ? EVERYTHING : kept)}>
            {name}
          </Chip>
          {current?.name === name && (
            <button
              type="button"
              className={styles.forget}
              aria-label={`Forget the filter ${name}`}
              onClick={() => forget(name)}
            >
              <Icon name="close" />
            </button>
          )}
        </span>
      ))}
      {naming ? (
        <form className={styles.naming} onSubmit={submit}>
          <input
            name="name"
            aria-label="Name of the filter"
            placeholder="Name"
            maxLength={NAME_CHARS_MAX}
            autoComplete="off"
            // The button that was pressed became this field.
            ref={(field) => field?.focus()}
            onKeyDown={(event) => event.key === 'Escape' && setNaming(false)}
          />
          <Button type="submit">Save</Button>
        </form>
      ) : (
        !nothing &&
        !current && (
          <Button look="quiet" onClick={() => setNaming(true)}>
            <Icon name="plus" /> Save this filter
          </Button>
        )
      )}
      {!nothing && (
        <Button look="quiet" onClick={() => onWanted(EVERYTHING)}>
          Clear
        </Button>
      )}
    </fieldset>
  )
}
