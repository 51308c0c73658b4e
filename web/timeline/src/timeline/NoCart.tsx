/** The server knows no such cart, or does not say so to just anybody: to strangers both are the same answer. */
import { Button } from '@tillroll/storefront/ui/Button'
import { useEffect, useState } from 'react'
import type { AskError } from '../api/ask'
import { ask } from '../api/ask'
import { CARTS } from '../frame/screens'
import { Notice } from '../ui/Notice'
import { go } from '../url/location'
import { asError, isForbidden } from '../watch/poll'
import { Forbidden } from '../watch/Watching'

interface NoCartProps {
  readonly cart: string
  readonly onRetry: () => void
}

/** What can be done where a cart could not be opened. */
export function WaysOn({ cart, onRetry }: NoCartProps) {
  return (
    <>
      <Button onClick={onRetry}>Try again</Button>
      <Button look="quiet" onClick={() => go(CARTS, { q: cart })}>
        Look for it
      </Button>
    </>
  )
}

export function NoCart({ cart, onRetry }: NoCartProps) {
  const refusal = useRefusal()
  if (refusal === undefined) return null
  if (refusal) {
    return (
      <Forbidden what="this cart, or whether there is one," error={refusal} onRetry={onRetry}>
        Its owner and operators may see it. A timeline file needs no permission: drop one here.
      </Forbidden>
    )
  }
  return (
    <Notice title="There is no such cart" actions={<WaysOn cart={cart} onRetry={onRetry} />}>
      {`Nobody has opened ${cart} here. Is it of another environment?`}
    </Notice>
  )
}

/** Why what is for operators is not for whoever looks; null when it is, undefined until that is known. */
function useRefusal(): AskError | null | undefined {
  const [refusal, setRefusal] = useState<AskError | null>()
  useEffect(() => {
    const gone = new AbortController()
    ask('/operations?limit=1', { signal: gone.signal }).then(
      () => setRefusal(null),
      (thrown: unknown) => {
        if (gone.signal.aborted) return
        const error = asError(thrown)
        setRefusal(isForbidden(error) ? error : null)
      },
    )
    return () => gone.abort()
  }, [])
  return refusal
}
