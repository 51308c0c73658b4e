/** A whole id is looked up as what it is, wherever the cart lies in the directory. */
import { useEffect, useState } from 'react'
import { AskError, send } from '../api/ask'
import { CartLink } from '../watch/CartLink'
import styles from './Carts.module.css'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function ExactCart({ q }: { readonly q: string }) {
  const id = q.toLowerCase()
  const [known, setKnown] = useState<{ readonly id: string; readonly there: boolean } | null>(null)
  useEffect(() => {
    if (!UUID.test(id)) return
    const gone = new AbortController()
    const look = async () => {
      try {
        await send(`/carts/${id}?version=1`, { accept: 'application/json' }, { signal: gone.signal })
        setKnown({ id, there: true })
      } catch (thrown) {
        if (!gone.signal.aborted && thrown instanceof AskError && thrown.status === 404) setKnown({ id, there: false })
      }
    }
    void look()
    return () => gone.abort()
  }, [id])
  if (!UUID.test(id) || known?.id !== id) return null
  return (
    <p className={styles.hit} role="status">
      {known.there ? (
        <>
          There is a cart with this id: <CartLink cart={id} />
        </>
      ) : (
        'No cart has this id. If it is one of an event or a command: those are not indexed, open their cart instead.'
      )}
    </p>
  )
}
