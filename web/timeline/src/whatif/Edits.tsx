/** What can be different, what is, and what the rules refuse because of it. */
import { formatCount } from '@tillroll/storefront/shared/money'
import { refusalInWords } from '@tillroll/storefront/shared/refusals'
import { Button } from '@tillroll/storefront/ui/Button'
import type { ReactNode } from 'react'
import type { Pair } from './answer'
import type { Asked } from './useAsked'
import styles from './WhatIf.module.css'
import { editInWords } from './words'

/** More are not listed beside the edits. */
const REFUSALS_SHOWN_MAX = 50

export function Edits({ asked }: { readonly asked: Asked }) {
  const { edits, answered, currency, mode, pair } = asked
  return (
    <>
      <div className={styles.tools}>
        <Button onClick={asked.drop}>Leave out</Button>
        <Button onClick={asked.replace}>Change…</Button>
        <Button onClick={asked.move}>Move…</Button>
        <Button onClick={asked.insert}>Insert…</Button>
        <Button onClick={asked.issue}>Ask for…</Button>
        <Button onClick={asked.fork}>Stop here</Button>
      </div>
      <Part title={edits.length === 0 ? 'No edits yet' : `${formatCount(edits.length)} of 64 edits`}>
        {edits.length === 0 ? (
          <p className={styles.hint}>Stand on an event, and say what is different: B follows at once.</p>
        ) : (
          <ol className={styles.list}>
            {edits.map((edit, nth) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: edits have no name but their place.
              <li key={nth} data-wrong={answered.state === 'impossible' && answered.why.edit === nth}>
                <bdi className={styles.text}>{editInWords(edit, currency)}</bdi>
                <Button look="quiet" aria-label={`Take back edit ${nth + 1}`} onClick={() => asked.remove(nth)}>
                  Take back
                </Button>
              </li>
            ))}
          </ol>
        )}
      </Part>
      {pair && mode === 'decide_again' && edits.length > 0 && <Refusals pair={pair} asked={asked} />}
    </>
  )
}

function Refusals({ pair, asked: { refusals, currency, setAt } }: { readonly pair: Pair; readonly asked: Asked }) {
  const count = formatCount(refusals.length)
  return (
    <Part title={refusals.length === 0 ? 'Nothing would be refused now' : `${count} would be refused now`}>
      <ol className={styles.list}>
        {refusals.slice(0, REFUSALS_SHOWN_MAX).map(({ row, step }) => (
          <li key={row}>
            <button type="button" className={styles.refusal} onClick={() => setAt(row)}>
              <span className={styles.where}>
                {step.origin === null
                  ? `edit ${formatCount((step.edit ?? 0) + 1)}`
                  : `version ${formatCount(step.origin)}`}
              </span>
              <bdi>
                {refusalInWords(step, {
                  currency,
                  nameOf: (sku) => nameIn(pair, Math.max(step.recorded, step.origin ?? 0) - 1, sku),
                })}
              </bdi>
            </button>
          </li>
        ))}
      </ol>
      {refusals.length > REFUSALS_SHOWN_MAX && (
        <p className={styles.hint}>The others are in the list of events; R goes from one to the next.</p>
      )}
    </Part>
  )
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className={styles.part}>
      <h3>{title}</h3>
      {children}
    </div>
  )
}

/** The name that a sku had last before a recorded version. */
function nameIn(pair: Pair, version: number, sku: string): string {
  return pair.cartA(version)?.lines.find((line) => line.sku === sku)?.item_name ?? sku
}
