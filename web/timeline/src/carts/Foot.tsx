/** How much of what was looked for is here, and the way to the rest. */
import { Button } from '@tillroll/storefront/ui/Button'
import { counted } from '../watch/words'
import styles from './Carts.module.css'
import { KEPT_MAX, type List } from './useCarts'

export function Foot({ list, narrowed }: { readonly list: List; readonly narrowed: boolean }) {
  const { found, loading, failed, more } = list
  const count = counted(found.carts.length, 'cart')
  const full = found.carts.length >= KEPT_MAX
  const rest = found.cursor !== null && !full
  return (
    <p className={styles.foot} data-wrong={failed !== null || undefined}>
      {failed ? `The rest cannot be had: ${failed.message}` : words(count, narrowed, rest, full)}
      {rest && (
        <Button look="quiet" disabled={loading} onClick={() => void more()}>
          {loading ? 'Looking…' : failed ? 'Try again' : narrowed ? 'Look further back' : 'More'}
        </Button>
      )}
    </p>
  )
}

function words(count: string, narrowed: boolean, rest: boolean, full: boolean): string {
  if (full) return `${count}, which is as many as this page keeps. Narrow the search to see others.`
  if (!rest) return narrowed ? `${count}. That is all of them.` : `${count} in all.`
  return narrowed
    ? `${count} so far. What is in carts is not indexed: the server looks through 5,000 of them at a time.`
    : `${count} so far.`
}
