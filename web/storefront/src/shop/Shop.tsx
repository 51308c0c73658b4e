import { lazy, Suspense, useEffect, useState } from 'react'
import {
  followOtherTabs,
  network,
  oldPrices,
  type ShopSession,
  session,
  setOldPrices,
  startShop,
} from '../session/session'
import { Announcer } from '../ui/announce'
import { Modal } from '../ui/Modal'
import { useStore } from '../ui/store'
import { useMedia } from '../ui/useMedia'
import { CartPanel } from './CartPanel'
import { Header } from './Header'
import { NothingToSell } from './NothingToSell'
import { PriceDialog } from './PriceDialog'
import { Products } from './Products'
import styles from './Shop.module.css'
import { useCartVoice } from './useCartVoice'

/** Fetched when it is asked for: who shops has no use for it. */
const NetworkPanel = lazy(() =>
  import('../network/NetworkPanel').then(({ NetworkPanel }) => ({ default: NetworkPanel })),
)

/** The shop: header, shelves, cart, and the panel that makes the network bad. */
export function Shop() {
  const now = useStore(session)
  useEffect(() => {
    void startShop()
    return followOtherTabs()
  }, [])
  return (
    <>
      <a className={styles.skip} href="#products">
        Skip to the products
      </a>
      {typeof now === 'string' ? (
        <NothingToSell why={now} onRetry={startShop} />
      ) : (
        <OpenShop key={now.cart.id} {...now} />
      )}
      <Announcer />
    </>
  )
}

function OpenShop({ cart, shelf }: ShopSession) {
  const wide = useMedia('(width >= 70rem)')
  const [query, setQuery] = useState('')
  const [toFirst, setToFirst] = useState(false)
  const search = (wanted: string) => {
    setQuery(wanted)
    setToFirst(false)
    scrollTo({ top: 0 })
  }
  const [cartShown, setCartShown] = useState(false)
  const [networkShown, setNetworkShown] = useState(false)
  const old = useStore(oldPrices)
  useCartVoice(cart, shelf)
  const panel = <CartPanel cart={cart} shelf={shelf} />
  return (
    <div className={styles.shop} data-network={networkShown || undefined}>
      <Header
        cart={cart}
        query={query}
        onQuery={search}
        onFirst={() => setToFirst(true)}
        onCart={wide ? null : () => setCartShown(true)}
        networkShown={networkShown}
        onNetwork={() => setNetworkShown((shown) => !shown)}
      />
      <div className={styles.columns}>
        <main id="products" tabIndex={-1} className={styles.main}>
          <Products
            cart={cart}
            shelf={shelf}
            query={query}
            onQuery={search}
            toFirst={toFirst}
            onFirst={() => setToFirst(false)}
          />
        </main>
        {wide && (
          <aside className={styles.cart} aria-labelledby="cart-title">
            <h2 id="cart-title" className={styles.cartTitle}>
              Your cart
            </h2>
            {panel}
          </aside>
        )}
      </div>
      {!wide && cartShown && (
        <Modal title="Your cart" place="side" onClose={() => setCartShown(false)}>
          {panel}
        </Modal>
      )}
      <PriceDialog cart={cart} shelf={shelf} />
      {networkShown && (
        <Suspense fallback={null}>
          <NetworkPanel
            wire={network}
            oldPrices={old}
            onOldPrices={setOldPrices}
            onClose={() => setNetworkShown(false)}
          />
        </Suspense>
      )}
    </div>
  )
}
