/** Both carts at the step one stands on, side by side, drawn by the storefront's own components. */
import type { CartState, Line } from '@tillroll/cart'
import { LineList } from '@tillroll/storefront/shared/LineList'
import { formatCount, formatMoney } from '@tillroll/storefront/shared/money'
import { ruleInWords } from '@tillroll/storefront/shared/rule'
import { Totals } from '@tillroll/storefront/shared/Totals'
import styles from './Sides.module.css'

interface SidesProps {
  readonly a: CartState | null
  readonly b: CartState | null
  /** How far each history has come. */
  readonly versions: { readonly a: number; readonly b: number }
}

export function Sides({ a, b, versions }: SidesProps) {
  return (
    <div className={styles.sides}>
      <Side title="A: as recorded" word="A" cart={a} other={b} otherWord="B" version={versions.a} />
      <Side title="B: edited" word="B" cart={b} other={a} otherWord="A" version={versions.b} />
    </div>
  )
}

interface SideProps {
  readonly title: string
  readonly word: string
  readonly cart: CartState | null
  readonly other: CartState | null
  readonly otherWord: string
  readonly version: number
}

function Side({ title, word, cart, other, otherWord, version }: SideProps) {
  const note = (line: Line) => {
    const said = difference(
      line,
      other?.lines.find(({ sku }) => sku === line.sku),
      otherWord,
      cart?.currency ?? null,
    )
    return said && <span className={styles.note}>{said}</span>
  }
  const nameOf = (sku: string) => cart?.lines.find((line) => line.sku === sku)?.item_name ?? sku
  return (
    <section className={styles.side} aria-label={title} data-side={word.toLowerCase()}>
      <h3 className={styles.title}>
        {title} <span className={styles.version}>version {formatCount(version)}</span>
      </h3>
      {cart === null ? (
        <p className={styles.empty}>Nobody has opened it yet.</p>
      ) : (
        <>
          <p className={styles.status} data-differs={other?.status !== cart.status}>
            {cart.status}
          </p>
          {cart.lines.length === 0 && <p className={styles.empty}>There is nothing in it.</p>}
          <LineList lines={cart.lines} currency={cart.currency} label={`Lines of ${word}`} note={note} />
          <Totals cart={cart} describe={({ rule }) => ruleInWords(rule, cart.currency, nameOf)} />
        </>
      )}
    </section>
  )
}

/** What is different of a line in the other cart; empty when nothing is. */
function difference(line: Line, there: Line | undefined, otherWord: string, currency: string | null): string {
  if (!there) return `not in ${otherWord}`
  if (there.quantity !== line.quantity) return `${formatCount(there.quantity)} pieces in ${otherWord}`
  if (there.total_minor !== line.total_minor) return `${formatMoney(there.total_minor, currency)} in ${otherWord}`
  return there.item_name === line.item_name ? '' : `another name in ${otherWord}`
}
