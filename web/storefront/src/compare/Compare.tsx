import { useEffect, useState } from 'react'
import { loadCatalogue, type NoCatalogue } from '../catalogue/load'
import { Masthead } from '../shop/Masthead'
import { NothingToSell } from '../shop/NothingToSell'
import { Announcer } from '../ui/announce'
import { Button } from '../ui/Button'
import { Icon } from '../ui/Icon'
import { ThemeSwitch } from '../ui/ThemeSwitch'
import styles from './Compare.module.css'
import { CompareBoard } from './CompareBoard'
import { openThreeCarts, type ThreeCarts } from './three-carts'

type State = 'loading' | NoCatalogue | ThreeCarts

/** The comparison: the same clicks on two carts, and what the till says to them. */
export function Compare() {
  const [state, setState] = useState<State>('loading')
  const [round, setRound] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round begins anew, and nothing else does.
  useEffect(() => {
    let left = false
    let opened: ThreeCarts | null = null
    const begin = async () => {
      const loaded = await loadCatalogue()
      if (left || loaded === 'same') return
      if (typeof loaded === 'string') return setState(loaded)
      opened = await openThreeCarts(loaded.catalogue)
      if (left) opened.close()
      else setState(opened)
    }
    setState('loading')
    begin().catch(() => setState('unreachable'))
    return () => {
      left = true
      opened?.close()
    }
  }, [round])
  const again = () => setRound((now) => now + 1)
  return (
    <>
      <Masthead>
        <div className={styles.actions}>
          <a className={styles.back} href="/shop/">
            <Icon name="back" />
            Shop
          </a>
          <Button look="quiet" onClick={again}>
            <Icon name="again" />
            Begin anew
          </Button>
          <ThemeSwitch />
        </div>
      </Masthead>
      {typeof state === 'string' ? (
        <NothingToSell why={state} onRetry={again} />
      ) : (
        <CompareBoard key={state.ours.id} carts={state} />
      )}
      <Announcer />
    </>
  )
}
