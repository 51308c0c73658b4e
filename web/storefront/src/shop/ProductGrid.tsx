import type { Cart } from '@tillroll/cart'
import { useCartSelector } from '@tillroll/cart/react'
import { type CSSProperties, type KeyboardEvent, memo, useLayoutEffect, useRef, useState } from 'react'
import type { Product, Shelf } from '../catalogue/catalogue'
import { Mosaic } from '../catalogue/Mosaic'
import { add, refusals, remove, setQuantity } from '../session/session'
import { ItemName, splitName } from '../shared/ItemName'
import { Price } from '../shared/Money'
import { refusalInWords } from '../shared/refusals'
import { Button } from '../ui/Button'
import { Icon } from '../ui/Icon'
import { QuantityField } from '../ui/QuantityField'
import { useStore } from '../ui/store'
import { useFocusKept } from '../ui/useFocusKept'
import styles from './ProductGrid.module.css'

/** Rows that are there above and below what is seen, so that the next Tab finds something. */
const ROWS_AROUND = 2
/** A card is at least this wide, and exactly this high: the list knows where everything is without looking. */
const CARD_WIDTH_MIN = 168
const CARD_HEIGHT = 292
const GAP = 20

interface GridProps {
  readonly cart: Cart
  readonly shelf: Shelf
  readonly products: readonly Product[]
}

/**
 * The products, of which only those near the window are in the page, and the one that has the focus. Tab goes through
 * them; arrows, Home and End go by rows and columns.
 */
export function ProductGrid({ cart, shelf, products }: GridProps) {
  const list = useRef<HTMLUListElement>(null)
  const { columns, first, last } = useWindow(list, products.length)
  const [focused, setFocused] = useState<number | null>(null)
  const going = useRef<number | null>(null)
  useLayoutEffect(() => {
    if (going.current === null) return
    const card = list.current?.querySelector<HTMLElement>(`[data-nth="${going.current}"] button`)
    if (!card) return
    going.current = null
    card.focus({ preventScroll: true })
    card.closest('li')?.scrollIntoView({ block: 'nearest' })
  })
  const keys = (event: KeyboardEvent<HTMLUListElement>) => {
    if (focused === null || event.target instanceof HTMLInputElement) return
    const to = step(event.key, focused, columns, products.length)
    if (to === null) return
    event.preventDefault()
    going.current = to
    setFocused(to)
  }
  const indexes = shownIndexes(first, last, products.length, focused)
  const rows = Math.ceil(products.length / columns)
  return (
    <ul
      ref={list}
      className={styles.grid}
      style={{ '--rows': rows, '--columns': columns } as CSSProperties}
      onKeyDown={keys}
      onFocus={(event) => setFocused(nthOf(event.target))}
      onBlur={() => setFocused(null)}
    >
      {indexes.map((index) => {
        const product = products[index]
        if (!product) return null
        const place = { '--row': Math.floor(index / columns), '--column': index % columns } as CSSProperties
        return (
          <li
            key={product.sku}
            className={styles.cell}
            style={place}
            data-nth={index}
            data-product={product.sku}
            aria-setsize={products.length}
            aria-posinset={index + 1}
          >
            <Card cart={cart} shelf={shelf} product={product} />
          </li>
        )
      })}
    </ul>
  )
}

/** Which products are near the window, measured when it scrolls or changes its size. */
function useWindow(list: React.RefObject<HTMLUListElement | null>, count: number) {
  const [shown, setShown] = useState({ columns: 4, first: 0, last: 20 })
  useLayoutEffect(() => {
    const element = list.current
    if (!element) return
    const measure = () => {
      const { top, width } = element.getBoundingClientRect()
      const columns = Math.max(2, Math.floor((width + GAP) / (CARD_WIDTH_MIN + GAP)))
      const row = CARD_HEIGHT + GAP
      const firstRow = Math.max(0, Math.floor(-top / row) - ROWS_AROUND)
      const lastRow = Math.ceil((innerHeight - top) / row) + ROWS_AROUND
      const next = { columns, first: firstRow * columns, last: Math.min(count, lastRow * columns) }
      setShown((now) =>
        now.columns === next.columns && now.first === next.first && now.last === next.last ? now : next,
      )
    }
    measure()
    const sizes = new ResizeObserver(measure)
    sizes.observe(element)
    addEventListener('scroll', measure, { passive: true })
    addEventListener('resize', measure)
    return () => {
      sizes.disconnect()
      removeEventListener('scroll', measure)
      removeEventListener('resize', measure)
    }
  }, [list, count])
  return shown
}

function shownIndexes(first: number, last: number, count: number, focused: number | null): readonly number[] {
  const end = Math.min(last, count)
  const indexes = Array.from({ length: Math.max(0, end - first) }, (_, offset) => first + offset)
  if (focused === null || focused >= count || (focused >= first && focused < end)) return indexes
  return focused < first ? [focused, ...indexes] : [...indexes, focused]
}

function step(key: string, from: number, columns: number, count: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: from + 1,
    ArrowLeft: from - 1,
    ArrowDown: from + columns,
    ArrowUp: from - columns,
    Home: 0,
    End: count - 1,
  }
  const to = steps[key]
  return to !== undefined && to >= 0 && to < count ? to : null
}

function nthOf(target: Element): number | null {
  const nth = target.closest('[data-nth]')?.getAttribute('data-nth')
  return nth == null ? null : Number(nth)
}

const Card = memo(function Card({ cart, shelf, product }: { cart: Cart; shelf: Shelf; product: Product }) {
  const line = useCartSelector(cart, ({ lines }) => lines.find(({ sku }) => sku === product.sku) ?? null)
  const closed = useCartSelector(cart, ({ status }) => status === 'closed')
  const refusal = useStore(refusals).get(`line:${product.sku}`)
  const department = shelf.departmentOf(product)
  const { item } = splitName(product.item_name)
  const card = useRef<HTMLElement>(null)
  useFocusKept(card)
  return (
    <article ref={card} className={styles.card} aria-label={item} data-in={line ? true : undefined}>
      <div className={styles.picture}>
        <Mosaic sku={product.sku} hue={shelf.hueOf(product)} />
      </div>
      <div className={styles.text}>
        <p className={styles.department}>
          <bdi>{department.name}</bdi>
        </p>
        <h2 className={styles.name} title={item}>
          <ItemName name={product.item_name} />
        </h2>
        <p className={styles.price}>
          <Price price={product.price} currency={shelf.currency} />
        </p>
      </div>
      {refusal && !line && <p className={styles.refusal}>{refusalInWords(refusal, shelf)}</p>}
      {line ? (
        <QuantityField
          large
          quantity={line.quantity}
          of={item}
          onQuantity={(quantity) => setQuantity(cart, product.sku, quantity)}
          onRemove={() => remove(cart, line)}
        />
      ) : (
        <Button
          data-next-focus
          className={styles.add}
          disabled={closed}
          aria-label={`Add ${item}`}
          onClick={() => add(cart, product)}
        >
          <Icon name="plus" />
          Add
        </Button>
      )}
    </article>
  )
})
