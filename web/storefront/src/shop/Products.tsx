import type { Cart } from '@tillroll/cart'
import { useDeferredValue, useEffect, useMemo, useState } from 'react'
import { type Department, find, type Product, type Shelf } from '../catalogue/catalogue'
import { formatCount } from '../shared/money'
import { Button } from '../ui/Button'
import { ProductGrid } from './ProductGrid'
import styles from './Products.module.css'

/** Departments that are offered before one asks for all of them. */
const DEPARTMENTS_AT_FIRST = 14

interface ProductsProps {
  readonly cart: Cart
  readonly shelf: Shelf
  readonly query: string
  readonly onQuery: (query: string) => void
  /** The first product gets the focus, once those that are searched for are there. */
  readonly toFirst: boolean
  readonly onFirst: () => void
}

/** Departments, what was searched for, and the products. */
export function Products({ cart, shelf, query, onQuery, toFirst, onFirst }: ProductsProps) {
  const [chosen, setChosen] = useState<string | null>(null)
  const wanted = useDeferredValue(query)
  const department = shelf.departments.find(({ name }) => name === chosen) ?? null
  const found = useMemo(() => find(department?.products ?? shelf.products, wanted), [department, shelf, wanted])
  // What is shown lags behind what is typed, and goes when the rest comes: the focus would go with it.
  const goes = toFirst && wanted === query
  useEffect(() => {
    if (!goes) return
    onFirst()
    document.querySelector<HTMLElement>('#products [data-nth="0"] button')?.focus()
  }, [goes, onFirst])
  const plain = shelf.departments.length < 2
  const choose = (name: string | null) => {
    setChosen(name)
    scrollTo({ top: 0 })
  }
  return (
    <div className={styles.products} data-plain={plain || undefined}>
      {!plain && <Departments shelf={shelf} chosen={chosen} onChoose={choose} />}
      <section className={styles.shelf} aria-labelledby="shelf-title">
        <div className={styles.head}>
          <h1 id="shelf-title" className={styles.title}>
            {department ? <bdi>{department.name}</bdi> : wanted.trim() === '' ? 'Everything on the shelves' : 'Found'}
          </h1>
          <Hits found={found} query={wanted} />
        </div>
        {found.length > 0 ? (
          <ProductGrid cart={cart} shelf={shelf} products={found} />
        ) : (
          <NoHits
            query={wanted}
            department={department}
            onEverywhere={() => choose(null)}
            onEverything={() => {
              choose(null)
              onQuery('')
            }}
          />
        )}
      </section>
    </div>
  )
}

/** Typing does not make a reader say every count on the way. */
const SAID_AFTER_MS = 400

function Hits({ found, query }: { found: readonly Product[]; query: string }) {
  const count = found.length === 1 ? '1 product' : `${formatCount(found.length)} products`
  const words = query.trim() === '' ? count : `${count} for “${query.trim()}”`
  const [said, setSaid] = useState('')
  useEffect(() => {
    const later = setTimeout(() => setSaid(words), SAID_AFTER_MS)
    return () => clearTimeout(later)
  }, [words])
  return (
    <>
      <p className={styles.hits} aria-hidden="true">
        {words}
      </p>
      <p className={styles.said} role="status">
        {said}
      </p>
    </>
  )
}

interface NoHitsProps {
  readonly query: string
  readonly department: Department | null
  readonly onEverywhere: () => void
  readonly onEverything: () => void
}

function NoHits({ query, department, onEverywhere, onEverything }: NoHitsProps) {
  return (
    <div className={styles.none}>
      <p className={styles.noneTitle}>
        Nothing here is called “<bdi>{query.trim()}</bdi>”.
      </p>
      <p>Fewer letters find more: the beginning of a word is enough.</p>
      <div className={styles.noneActions}>
        {department && <Button onClick={onEverywhere}>Search all departments</Button>}
        <Button onClick={onEverything}>Show everything</Button>
      </div>
    </div>
  )
}

interface DepartmentsProps {
  readonly shelf: Shelf
  readonly chosen: string | null
  readonly onChoose: (name: string | null) => void
}

function Departments({ shelf, chosen, onChoose }: DepartmentsProps) {
  const [all, setAll] = useState(false)
  const { departments } = shelf
  const largest = useMemo(() => {
    const bySize = [...departments].sort((a, b) => b.products.length - a.products.length)
    return new Set(bySize.slice(0, DEPARTMENTS_AT_FIRST))
  }, [departments])
  const many = departments.length > DEPARTMENTS_AT_FIRST
  const offered = all || !many ? departments : departments.filter((one) => largest.has(one) || one.name === chosen)
  return (
    <nav className={styles.departments} aria-label="Departments">
      <label className={styles.select}>
        <span>Department</span>
        <select value={chosen ?? ''} onChange={(event) => onChoose(event.currentTarget.value || null)}>
          <option value="">All ({formatCount(shelf.products.length)})</option>
          {departments.map(({ name, products }) => (
            <option key={name} value={name}>
              {name} ({formatCount(products.length)})
            </option>
          ))}
        </select>
      </label>
      <ul className={styles.list}>
        <DepartmentItem
          name="Everything"
          count={shelf.products.length}
          on={chosen === null}
          onChoose={() => onChoose(null)}
        />
        {offered.map(({ name, products, hue }) => (
          <DepartmentItem
            key={name}
            name={name}
            count={products.length}
            hue={hue}
            on={chosen === name}
            onChoose={() => onChoose(name)}
          />
        ))}
      </ul>
      {many && (
        <Button look="quiet" className={styles.more} aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Fewer departments' : `All ${formatCount(departments.length)} departments`}
        </Button>
      )}
    </nav>
  )
}

interface DepartmentItemProps {
  readonly name: string
  readonly count: number
  readonly hue?: number
  readonly on: boolean
  readonly onChoose: () => void
}

function DepartmentItem({ name, count, hue, on, onChoose }: DepartmentItemProps) {
  return (
    <li>
      <button type="button" className={styles.department} aria-current={on ? 'true' : undefined} onClick={onChoose}>
        <span
          className={styles.swatch}
          style={{ '--hue': hue } as React.CSSProperties}
          data-all={hue === undefined || undefined}
        />
        <bdi className={styles.departmentName}>{name}</bdi>
        <span className={styles.count}>{formatCount(count)}</span>
      </button>
    </li>
  )
}
