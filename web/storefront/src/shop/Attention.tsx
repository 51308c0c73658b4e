import type { AttentionItem, Cart, Command, Snapshot } from '@tillroll/cart'
import { type FormEvent, useState } from 'react'
import { give } from '../session/session'
import { commandInWords } from '../session/words'
import { refusalInWords, type Wording } from '../shared/refusals'
import { Button } from '../ui/Button'
import styles from './Attention.module.css'

interface AttentionProps {
  readonly cart: Cart
  readonly snapshot: Snapshot
  readonly wording: Wording
}

/** What the server refused, and what is known to be refused once it gets there. Nothing of it is lost before somebody says so. */
export function Attention({ cart, snapshot, wording }: AttentionProps) {
  const doubted = snapshot.pending.filter(({ standing }) => standing === 'refused')
  if (snapshot.attention.length === 0 && doubted.length === 0) return null
  return (
    <section className={styles.attention} aria-labelledby="attention-title">
      <h3 id="attention-title">Needs your attention</h3>
      <ul className={styles.items}>
        {snapshot.attention.map((item) => (
          <Refused key={item.id} cart={cart} item={item} wording={wording} />
        ))}
        {doubted.map(({ id, command, refusal }) => (
          <li key={id} className={styles.item} data-command={id}>
            <p className={styles.what}>{commandInWords(command, wording.nameOf)}</p>
            <p className={styles.why}>
              {refusal && refusalInWords(refusal, wording)} It is on its way all the same: the till decides.
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}

interface RefusedProps {
  readonly cart: Cart
  readonly item: AttentionItem
  readonly wording: Wording
}

function Refused({ cart, item, wording }: RefusedProps) {
  const { id, command, refusal } = item
  const [editing, setEditing] = useState(false)
  const edit = editable(command)
  return (
    <li className={styles.item} data-command={id}>
      <p className={styles.what}>
        <bdi>{commandInWords(command, wording.nameOf)}</bdi>
      </p>
      <p className={styles.why} data-refusal={refusal.code}>
        {refusalInWords(refusal, wording)}
      </p>
      {editing && edit ? (
        <Edit
          edit={edit}
          onCancel={() => setEditing(false)}
          onDone={(changed) => {
            cart.discard(id)
            give(cart, changed, changed.type === 'ApplyDiscount' ? 'discount' : 'cart')
          }}
        />
      ) : (
        <div className={styles.actions}>
          <Button onClick={() => cart.retry(id)}>Try again</Button>
          {edit && <Button onClick={() => setEditing(true)}>Edit</Button>}
          <Button look="danger" onClick={() => cart.discard(id)}>
            Discard
          </Button>
        </div>
      )}
    </li>
  )
}

/** What can be changed about a command before it is given again: one field. */
interface Editable {
  readonly label: string
  readonly value: string
  readonly numeric: boolean
  changed(value: string): Command
}

function editable(command: Command): Editable | null {
  switch (command.type) {
    case 'AddItem': {
      const { data } = command
      const changed = (value: string): Command => ({ type: 'AddItem', data: { ...data, quantity: Number(value) } })
      return { label: 'Quantity', value: String(data.quantity ?? 1), numeric: true, changed }
    }
    case 'ChangeQuantity': {
      const { data } = command
      const changed = (value: string): Command => ({
        type: 'ChangeQuantity',
        data: { ...data, quantity: Number(value) },
      })
      return { label: 'Quantity', value: String(data.quantity), numeric: true, changed }
    }
    case 'ApplyDiscount': {
      const changed = (value: string): Command => ({ type: 'ApplyDiscount', data: { code: value.trim() } })
      return { label: 'Code', value: command.data.code, numeric: false, changed }
    }
    case 'OpenCart':
    case 'ClaimCart':
    case 'RemoveItem':
    case 'RemoveDiscount':
    case 'CloseCart':
      return null
    default:
      return command satisfies never
  }
}

interface EditProps {
  readonly edit: Editable
  readonly onDone: (command: Command) => void
  readonly onCancel: () => void
}

function Edit({ edit, onDone, onCancel }: EditProps) {
  const [value, setValue] = useState(edit.value)
  const fits = !edit.numeric || (/^\d+$/.test(value.trim()) && Number.isSafeInteger(Number(value)))
  const submitted = (event: FormEvent) => {
    event.preventDefault()
    if (fits) onDone(edit.changed(value))
  }
  return (
    <form className={styles.edit} onSubmit={submitted}>
      <label className={styles.label}>
        {edit.label}
        <input
          className={styles.input}
          // biome-ignore lint/a11y/noAutofocus: who asked to edit wants to be in the field.
          autoFocus
          inputMode={edit.numeric ? 'numeric' : 'text'}
          value={value}
          aria-invalid={!fits || undefined}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
      </label>
      <Button type="submit" look="main" disabled={!fits}>
        Send
      </Button>
      <Button look="quiet" onClick={onCancel}>
        Cancel
      </Button>
    </form>
  )
}
