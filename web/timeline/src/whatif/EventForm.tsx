/** A form for an event or for a command, made from its shape. */
import { Button } from '@tillroll/storefront/ui/Button'
import { Modal } from '@tillroll/storefront/ui/Modal'
import { type FormEvent, useId, useState } from 'react'
import styles from './EventForm.module.css'
import { dataOf, type Field, shownOf } from './shapes'

type Data = Readonly<Record<string, unknown>>

interface EventFormProps<Type extends string> {
  readonly title: string
  readonly shapes: Readonly<Record<Type, readonly Field[]>>
  readonly type: Type
  /** What the fields begin with. */
  readonly data: Data
  /** Whether another type can be chosen. */
  readonly free: boolean
  readonly onDone: (type: Type, data: Data) => void
  readonly onClose: () => void
}

export function EventForm<Type extends string>(props: EventFormProps<Type>) {
  const { title, shapes, data, free, onDone, onClose } = props
  const [type, setType] = useState(props.type)
  const [said, setSaid] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(shapes[props.type].map(({ path }) => [path, shownOf(data, path)])),
  )
  const fields = shapes[type]
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const kept = Object.fromEntries(Object.entries(data).filter(([name]) => name === 'shopping_cart_uuid'))
    onDone(type, dataOf(fields, said, kept))
  }
  return (
    <Modal title={title} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        {free && (
          <label className={styles.field}>
            <span>What</span>
            <select value={type} onChange={(event) => setType(event.currentTarget.value as Type)}>
              {Object.keys(shapes).map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        {fields.map((field) => (
          <Entry
            key={field.path}
            field={field}
            value={said[field.path] ?? ''}
            onChange={(value) => setSaid((now) => ({ ...now, [field.path]: value }))}
          />
        ))}
        <div className={styles.actions}>
          <Button look="quiet" onClick={onClose}>
            Leave it
          </Button>
          <Button look="main" type="submit">
            Put it in
          </Button>
        </div>
      </form>
    </Modal>
  )
}

interface EntryProps {
  readonly field: Field
  readonly value: string
  readonly onChange: (value: string) => void
}

function Entry({ field: { label, kind, choices, optional }, value, onChange }: EntryProps) {
  const id = useId()
  return (
    <div className={styles.field}>
      <label htmlFor={id}>
        {label}
        {optional && <em className={styles.optional}> may stay empty</em>}
      </label>
      {kind === 'choice' ? (
        <select id={id} value={value} required={!optional} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">–</option>
          {Object.entries(choices ?? {}).map(([name, word]) => (
            <option key={name} value={name}>
              {word}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          {...(kind === 'whole' ? { type: 'number', min: 0, max: Number.MAX_SAFE_INTEGER, step: 1 } : { type: 'text' })}
          required={!optional}
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </div>
  )
}
