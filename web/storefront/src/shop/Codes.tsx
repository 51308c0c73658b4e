import type { Cart, Discount } from '@tillroll/cart'
import { type FormEvent, useId, useState } from 'react'
import type { Shelf } from '../catalogue/catalogue'
import { forgive, give, refusals } from '../session/session'
import { refusalInWords, type Wording } from '../shared/refusals'
import { ruleInWords } from '../shared/rule'
import { Button } from '../ui/Button'
import { useStore } from '../ui/store'
import styles from './Codes.module.css'

/** Codes that are offered for a try. A real shop sends them by mail. */
const OFFERED_MAX = 3

interface CodesProps {
  readonly cart: Cart
  readonly shelf: Shelf
  readonly discounts: readonly Discount[]
  readonly wording: Wording
}

/** Where discount codes are typed in, and what the rules say to them. */
export function Codes({ cart, shelf, discounts, wording }: CodesProps) {
  const [code, setCode] = useState('')
  const refusal = useStore(refusals).get('discount')
  const id = useId()
  const apply = (wanted: string) => {
    const taken = give(cart, { type: 'ApplyDiscount', data: { code: wanted.trim() } }, 'discount')
    if (taken) setCode('')
    else setCode(wanted)
  }
  const submitted = (event: FormEvent) => {
    event.preventDefault()
    if (code.trim() !== '') apply(code)
  }
  const used = new Set(discounts.map((discount) => discount.code))
  const offered = shelf.codes.filter((one) => !used.has(one.code)).slice(0, OFFERED_MAX)
  return (
    <form className={styles.codes} onSubmit={submitted}>
      <label htmlFor={id}>Discount code</label>
      <div className={styles.field}>
        <input
          id={id}
          data-next-focus
          className={styles.input}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          value={code}
          aria-invalid={refusal ? true : undefined}
          aria-describedby={refusal ? `${id}-refusal` : undefined}
          onChange={(event) => {
            setCode(event.currentTarget.value)
            forgive('discount')
          }}
        />
        <Button type="submit">Use</Button>
      </div>
      {refusal && (
        <p id={`${id}-refusal`} className={styles.refusal} data-refusal={refusal.code}>
          {refusalInWords(refusal, wording)}
        </p>
      )}
      {offered.length > 0 && (
        <p className={styles.offered}>
          To try:
          {offered.map((one) => (
            <button
              key={one.code}
              type="button"
              className={styles.offer}
              title={ruleInWords(one.rule, wording.currency, shelf.nameOf)}
              onClick={() => apply(one.code)}
            >
              {one.code}
            </button>
          ))}
        </p>
      )}
    </form>
  )
}
