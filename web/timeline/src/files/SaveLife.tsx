/** Saving the life of a cart that a server has: it is fetched whole for that, once for all forms. */
import { useEffect, useRef } from 'react'
import { type Base, fromServer } from './base'
import { SaveButtons } from './SaveButtons'

export default function SaveLife({ cart }: { readonly cart: string }) {
  const fetched = useRef<Promise<Base> | null>(null)
  const left = useRef<AbortController | null>(null)
  useEffect(() => () => left.current?.abort(), [])
  const base = () => {
    if (fetched.current) return fetched.current
    left.current = new AbortController()
    const asked = fromServer(cart, left.current.signal)
    fetched.current = asked
    // What failed is tried anew by the next press.
    asked.catch(() => {
      fetched.current = null
    })
    return asked
  }
  return <SaveButtons what="life" name={cart} base={base} />
}
