import type { Cart } from '@tillroll/cart'
import { useCartSelector } from '@tillroll/cart/react'
import { type RefObject, useEffect, useRef } from 'react'
import { network } from '../session/session'
import { standing } from '../session/words'
import { formatCount, formatMoney } from '../shared/money'
import { IconButton } from '../ui/Button'
import { Icon } from '../ui/Icon'
import { useStore } from '../ui/store'
import { ThemeSwitch } from '../ui/ThemeSwitch'
import styles from './Header.module.css'
import { Masthead } from './Masthead'

interface HeaderProps {
  readonly cart: Cart
  readonly query: string
  readonly onQuery: (query: string) => void
  /** Goes to the first product, as soon as what was searched for is there. */
  readonly onFirst: () => void
  /** Shows the cart, where it is not there all the time. */
  readonly onCart: (() => void) | null
  readonly networkShown: boolean
  readonly onNetwork: () => void
}

export function Header({ cart, query, onQuery, onFirst, onCart, networkShown, onNetwork }: HeaderProps) {
  const search = useRef<HTMLInputElement>(null)
  useSlash(search)
  return (
    <Masthead stays>
      {/* biome-ignore lint/a11y/useSemanticElements: `search` as an element is too new for some screen readers. */}
      <form role="search" className={styles.search} onSubmit={(event) => event.preventDefault()}>
        <Icon name="search" />
        <input
          ref={search}
          type="search"
          className={styles.input}
          aria-label="Search the shop"
          aria-keyshortcuts="/"
          placeholder="Search the shop"
          autoComplete="off"
          value={query}
          onChange={(event) => onQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
            event.preventDefault()
            onFirst()
          }}
        />
        <span className={styles.key} aria-hidden="true">
          /
        </span>
      </form>
      <div className={styles.actions}>
        <ConnectionSign cart={cart} />
        <a className={styles.compare} href="/shop/compare" aria-label="Compare with a cart by hand">
          <Icon name="scale" />
          <span>Compare</span>
        </a>
        <IconButton label="Make the network bad" aria-expanded={networkShown} onClick={onNetwork}>
          <Icon name="signal" />
        </IconButton>
        <ThemeSwitch />
        {onCart && <CartButton cart={cart} onClick={onCart} />}
      </div>
    </Masthead>
  )
}

/** "/" goes to the search field, unless somebody is typing or a dialog is open. */
function useSlash(search: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest('input, textarea, select, dialog')
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing) return
      event.preventDefault()
      search.current?.focus()
      search.current?.select()
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [search])
}

/** How the cart stands with the server: always there, never loud. */
export function ConnectionSign({ cart }: { cart: Cart }) {
  const { offline } = useStore(network.faults)
  const mood = useCartSelector(cart, (snapshot) => standing(snapshot, offline).mood)
  const words = useCartSelector(cart, (snapshot) => standing(snapshot, offline).words)
  return (
    <span className={styles.connection} data-mood={mood} data-connection={words}>
      <span className={styles.lamp} />
      {words}
    </span>
  )
}

function CartButton({ cart, onClick }: { cart: Cart; onClick: () => void }) {
  const totals = useCartSelector(cart, (snapshot) => snapshot.totals)
  const total = formatMoney(totals.total_minor, totals.currency)
  const pieces = `${formatCount(totals.pieces)} ${totals.pieces === 1 ? 'piece' : 'pieces'}`
  const words = totals.pieces === 0 ? 'Cart, empty' : `Cart, ${pieces}, ${total}`
  return (
    <button type="button" className={styles.cart} aria-label={words} aria-haspopup="dialog" onClick={onClick}>
      <Icon name="cart" />
      {totals.pieces > 0 && (
        <>
          <span className={styles.total}>{total}</span>
          <span className={styles.count}>{formatCount(totals.pieces)}</span>
        </>
      )}
    </button>
  )
}
