/** The cart's whole life as a file, or as a link that carries it. What makes them is fetched when it is asked for. */
import { Modal } from '@tillroll/storefront/ui/Modal'
import { lazy, Suspense, useState } from 'react'
import { ToolButton } from '../ui/ToolButton'
import styles from './SaveButton.module.css'

const SaveLife = lazy(() => import('../files/SaveLife'))

export function SaveButton({ cart }: { readonly cart: string }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <ToolButton label="Save as a file or a link" sign="save" word="Save" onClick={() => setOpen(true)} />
      {open && (
        <Modal title="Save this cart's life" onClose={() => setOpen(false)}>
          <p className={styles.why}>
            All events as the server has them. The file opens here and by <code>tillroll open</code>, without a server.
          </p>
          <Suspense fallback={null}>
            <SaveLife cart={cart} />
          </Suspense>
        </Modal>
      )}
    </>
  )
}
