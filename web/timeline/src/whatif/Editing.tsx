/** The dialog of an edit that needs more than a key: another event, one more, a command, or another place. */
import type { CartEvent, Command, PastEvent, WhatIfEdit } from '@tillroll/cart'
import { Button } from '@tillroll/storefront/ui/Button'
import { Modal } from '@tillroll/storefront/ui/Modal'
import { type FormEvent, useState } from 'react'
import { EventForm } from './EventForm'
import styles from './EventForm.module.css'
import { COMMAND_FIELDS, EVENT_FIELDS } from './shapes'
import { isKnown } from './words'

export type Wanted =
  | { readonly want: 'replace'; readonly version: number; readonly event: PastEvent }
  | { readonly want: 'insert'; readonly after: number }
  | { readonly want: 'issue'; readonly after: number }
  | { readonly want: 'move'; readonly version: number }

interface EditingProps {
  readonly wanted: Wanted
  readonly cart: string
  /** The newest recorded version. */
  readonly newest: number
  readonly onDone: (edit: WhatIfEdit) => void
  readonly onClose: () => void
}

export function Editing({ wanted, cart, newest, onDone, onClose }: EditingProps) {
  const own = { shopping_cart_uuid: cart }
  // The form asks for what the event's type has; whether the values make sense, the core says.
  const event = (type: string, data: unknown) => ({ type, data }) as CartEvent
  const command = (type: string, data: unknown) => ({ type, data }) as Command
  switch (wanted.want) {
    case 'replace': {
      const { version, event: was } = wanted
      const known = isKnown(was) ? was : event('ItemRemoved', own)
      return (
        <EventForm
          title={`Instead of version ${version}`}
          shapes={EVENT_FIELDS}
          type={known.type}
          data={{ ...known.data }}
          free={false}
          onDone={(type, data) => onDone({ edit: 'replace', version, event: event(type, data) })}
          onClose={onClose}
        />
      )
    }
    case 'insert': {
      const { after } = wanted
      return (
        <EventForm
          title={`Insert behind version ${after}`}
          shapes={EVENT_FIELDS}
          type="ItemAdded"
          data={own}
          free
          onDone={(type, data) => onDone({ edit: 'insert', after, event: event(type, data) })}
          onClose={onClose}
        />
      )
    }
    case 'issue': {
      const { after } = wanted
      return (
        <EventForm
          title={`Ask for something behind version ${after}`}
          shapes={COMMAND_FIELDS}
          type="AddItem"
          data={{}}
          free
          onDone={(type, data) => onDone({ edit: 'issue', after, command: command(type, data) })}
          onClose={onClose}
        />
      )
    }
    case 'move':
      return <Move version={wanted.version} newest={newest} onDone={onDone} onClose={onClose} />
    default:
      return wanted satisfies never
  }
}

interface MoveProps {
  readonly version: number
  readonly newest: number
  readonly onDone: (edit: WhatIfEdit) => void
  readonly onClose: () => void
}

function Move({ version, newest, onDone, onClose }: MoveProps) {
  const [after, setAfter] = useState(String(Math.max(0, version - 2)))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onDone({ edit: 'move', version, after: Number(after) })
  }
  return (
    <Modal title={`Move version ${version}`} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <label className={styles.field}>
          <span>Behind version (0: before the first event)</span>
          <input
            type="number"
            required
            min={0}
            max={newest}
            step={1}
            value={after}
            onChange={(event) => setAfter(event.currentTarget.value)}
          />
        </label>
        <div className={styles.actions}>
          <Button look="quiet" onClick={onClose}>
            Leave it
          </Button>
          <Button look="main" type="submit">
            Move it
          </Button>
        </div>
      </form>
    </Modal>
  )
}
