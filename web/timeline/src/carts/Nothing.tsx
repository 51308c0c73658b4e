/** No rows: because there are no carts, or none like that. */
import { Button } from '@tillroll/storefront/ui/Button'
import { useState } from 'react'
import { cartPath } from '../frame/screens'
import { Notice } from '../ui/Notice'
import { go } from '../url/location'
import { asError } from '../watch/poll'
import { makeDemoCart } from './demo'
import type { List } from './useCarts'

export function NothingFound({ list, onClear }: { readonly list: List; readonly onClear: () => void }) {
  const { found, loading, failed, more } = list
  const partial = found.cursor !== null
  const further = (
    <Button disabled={loading} onClick={() => void more()}>
      {loading ? 'Looking…' : 'Look further back'}
    </Button>
  )
  return (
    <Notice
      title={partial ? 'Nothing so far' : 'No cart is like that'}
      kind={failed ? 'wrong' : 'plain'}
      actions={
        <>
          {partial && further}
          <Button look="quiet" onClick={onClear}>
            Clear the filters
          </Button>
        </>
      }
    >
      {failed?.message ??
        (partial
          ? 'The newest carts do not match. What is in carts is not indexed: the server looks through 5,000 of them at a time.'
          : 'A text is looked for in cart ids, owners, SKUs, item names and discount codes as the carts have them now. Ids of events and commands are not indexed, and what was taken out of a cart is found in its timeline alone.')}
    </Notice>
  )
}

export function NoCarts() {
  const [state, setState] = useState<'idle' | 'busy' | string>('idle')
  const make = async () => {
    setState('busy')
    try {
      go(cartPath(await makeDemoCart()))
    } catch (thrown) {
      setState(asError(thrown).message)
    }
  }
  const failed = state !== 'idle' && state !== 'busy'
  return (
    <Notice
      title="No carts yet"
      kind={failed ? 'wrong' : 'plain'}
      actions={
        <Button look="main" disabled={state === 'busy'} onClick={() => void make()}>
          Make a demo cart
        </Button>
      }
    >
      {failed
        ? state
        : 'Make one with a few commands, two of them refused; or drop a timeline file anywhere on this page: it is read here and goes nowhere.'}
    </Notice>
  )
}
