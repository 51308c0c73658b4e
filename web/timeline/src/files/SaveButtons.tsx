/** Saving a history: as JSON or packed, whole or without what names persons and things, or as a link that carries it. */
import { announce } from '@tillroll/storefront/ui/announce'
import { Button } from '@tillroll/storefront/ui/Button'
import { useState } from 'react'
import { copy } from '../ui/copy'
import { address } from '../url/location'
import type { Base } from './base'
import { fragmentOf } from './link'
import styles from './SaveButtons.module.css'
import { type Form, fileOf, save } from './write'

interface SaveButtonsProps {
  /** What it is, in a word. */
  readonly what: string
  /** Of the file, without its end. */
  readonly name: string
  readonly base: () => Base | Promise<Base>
}

export function SaveButtons({ what, name, base }: SaveButtonsProps) {
  const [redacted, setRedacted] = useState(false)
  const [large, setLarge] = useState(false)
  const trying = async (doing: () => Promise<void>) => {
    try {
      await doing()
    } catch (thrown) {
      announce(`The ${what} could not be saved: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
  }
  const file = (form: Form) =>
    trying(async () => save(await fileOf(await base(), form, redacted), `${name}.timeline.${form}`))
  const link = () =>
    trying(async () => {
      const packed = new Uint8Array(await (await fileOf(await base(), 'bin', redacted)).arrayBuffer())
      const fragment = await fragmentOf(packed)
      setLarge(fragment === null)
      if (fragment === null) return announce(`The ${what} is too large for a link: save it as a file`)
      const place = {
        path: 'file',
        query: new URLSearchParams(),
        fragment: new URLSearchParams({ h: fragment }).toString(),
      }
      await copy(new URL(address(place), location.href).href, `Link with the ${what} in it`)
    })
  return (
    <div className={styles.buttons}>
      <Button onClick={() => file('json')}>Save {what} as JSON</Button>
      <Button onClick={() => file('bin')}>packed</Button>
      <Button onClick={link}>as a link</Button>
      <label className={styles.masked}>
        <input type="checkbox" checked={redacted} onChange={(event) => setRedacted(event.currentTarget.checked)} />
        Mask persons and names
      </label>
      {large && <p className={styles.large}>Too large for a link. The file carries it.</p>}
    </div>
  )
}
