/** The directory: find a cart, and open it. */
import { announce } from '@tillroll/storefront/ui/announce'
import { useEffect } from 'react'
import { cartPath } from '../frame/screens'
import { go } from '../url/location'
import { text, useWord } from '../url/word'
import { Screen } from '../watch/Screen'
import { Age, Watching } from '../watch/Watching'
import { counted } from '../watch/words'
import styles from './Carts.module.css'
import { CartTable } from './CartTable'
import { ExactCart } from './ExactCart'
import { Filters } from './Filters'
import { Foot } from './Foot'
import { Histogram } from './Histogram'
import { NoCarts, NothingFound } from './Nothing'
import { useCarts } from './useCarts'
import { useCounts } from './useCounts'
import { EVERYTHING, isEverything, useWanted } from './wanted'

export default function Carts() {
  const [wanted, setWanted] = useWanted()
  const list = useCarts(wanted)
  const { carts, cursor } = list.found
  const counts = useCounts(wanted)
  const [at, setAt] = useWord('at', text, '')
  const narrowed = !isEverything(wanted)
  const said = narrowed && list.first.value ? `${counted(carts.length, 'cart')} found${cursor ? ' so far' : ''}` : ''
  useEffect(() => {
    if (said) announce(said)
  }, [said])
  return (
    <Screen title="Carts" said={<Age of={list.first} />} whole>
      <Filters wanted={wanted} onWanted={setWanted} />
      <ExactCart q={wanted.q} />
      {counts && counts.buckets.length > 0 && <Histogram of={counts} wanted={wanted} onStretch={setWanted} />}
      <Watching of={list.first} what="the list of carts">
        {() =>
          carts.length === 0 ? (
            <div className={styles.nothing}>
              {narrowed ? <NothingFound list={list} onClear={() => setWanted(EVERYTHING)} /> : <NoCarts />}
            </div>
          ) : (
            <>
              <CartTable
                carts={carts}
                active={carts.findIndex(({ cart_id }) => cart_id === at)}
                onActive={(index) => setAt(carts[index]?.cart_id ?? '')}
                onOpen={({ cart_id }) => go(cartPath(cart_id))}
                onNearEnd={() => {
                  if (list.goesOn) void list.more()
                }}
              />
              <Foot list={list} narrowed={narrowed} />
            </>
          )
        }
      </Watching>
    </Screen>
  )
}
