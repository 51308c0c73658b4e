/** The life in a file, or in a link: the timeline, with what the file says of itself above it. */
import { formatCount } from '@tillroll/storefront/shared/money'
import { useStore } from '@tillroll/storefront/ui/store'
import { useMemo, useState } from 'react'
import type { Source } from '../history/wire'
import { TimelineOf } from '../timeline/Timeline'
import { Notice } from '../ui/Notice'
import { place } from '../url/location'
import type { Base } from './base'
import { openFile } from './FileDrop'
import styles from './FileScreen.module.css'
import { NotesContext } from './notes'
import { SaveButtons } from './SaveButtons'
import { useBase, useCarried } from './useBase'

/** The screen of `file`. */
export default function FileScreen() {
  const { fragment } = useStore(place)
  const found = useBase(null, fragment)
  switch (found.state) {
    case 'loading':
      return null
    case 'failed':
      return (
        <Notice kind="wrong" title="This link carries nothing that can be read" actions={<Choose />}>
          {found.message}
        </Notice>
      )
    case 'none':
      return (
        <Notice title="Open a timeline file" actions={<Choose />}>
          Drop it anywhere on this page, or choose one. `tillroll export` writes them; no server is asked.
        </Notice>
      )
    case 'ready':
      return <Life base={found.base} />
    default:
      return found satisfies never
  }
}

function Choose() {
  const [wrong, setWrong] = useState<string | null>(null)
  return (
    <>
      <label className={styles.choose}>
        Choose a file
        <input
          type="file"
          accept=".json,.bin"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0]
            if (file) void openFile(file, setWrong)
          }}
        />
      </label>
      {wrong && <p className={styles.wrong}>{wrong}</p>}
    </>
  )
}

function Life({ base }: { readonly base: Base }) {
  const { header, from, name, packed, notes } = base
  useCarried(base)
  const source = useMemo<Source>(() => ({ from: 'bytes', bytes: packed }), [packed])
  return (
    <div className={styles.screen}>
      {header.hypothetical && (
        <p className={styles.hypothetical}>
          Hypothetical: this never happened so. It is version {formatCount(header.hypothetical.recorded_version)} of the
          cart with {formatCount(header.hypothetical.edits.length)} edits.
        </p>
      )}
      <div className={styles.bar}>
        <p className={styles.name}>
          <bdi>{from === 'link' ? 'From a link' : name}</bdi>
          {header.redactions.length > 0 && (
            <span className={styles.redacted}> left out: {header.redactions.join(', ')}</span>
          )}
        </p>
        <SaveButtons what="file" name={base.cart} base={() => base} />
      </div>
      <div className={styles.life}>
        <NotesContext value={notes}>
          <TimelineOf key={base.cart} source={source} />
        </NotesContext>
      </div>
    </div>
  )
}
