/** What would have become of a cart: two columns, as recorded and edited. Nothing is written, and the page says so all the time. */
import { Button } from '@tillroll/storefront/ui/Button'
import { useStore } from '@tillroll/storefront/ui/store'
import { useState } from 'react'
import type { Base } from '../files/base'
import { useBase, useCarried } from '../files/useBase'
import { CARTS } from '../frame/screens'
import { Notice } from '../ui/Notice'
import { go, place } from '../url/location'
import { Bands, inWords } from './Bands'
import { Editing, type Wanted } from './Editing'
import { Edits } from './Edits'
import { Heading } from './Heading'
import { Headline } from './Headline'
import { Rows } from './Rows'
import { Sides } from './Sides'
import { useAsked } from './useAsked'
import { useWhatIfKeys } from './useWhatIfKeys'
import styles from './WhatIf.module.css'
import { impossibleInWords } from './words'

/** The screen of `whatif` and `whatif/<cart>`. */
export default function WhatIf() {
  const { path, fragment } = useStore(place)
  const cart = /^whatif\/([^/]+)$/.exec(path)?.[1] ?? null
  const found = useBase(cart && decodeURIComponent(cart), fragment)
  return (
    <div className={styles.screen}>
      <p className={styles.banner}>Hypothetical, nothing is written</p>
      {found.state === 'ready' ? (
        <Question key={found.base.cart} base={found.base} />
      ) : found.state === 'failed' ? (
        <Notice kind="wrong" title="There is no history to ask about">
          {found.message}
        </Notice>
      ) : found.state === 'none' ? (
        <Notice
          title="What if it had gone another way?"
          actions={
            <>
              <Button look="main" onClick={() => go(CARTS)}>
                Find a cart
              </Button>
              <Button onClick={() => go('file')}>Open a file</Button>
            </>
          }
        >
          Open a cart and press W, or drop a timeline file anywhere on this page.
        </Notice>
      ) : null}
    </div>
  )
}

function Question({ base }: { readonly base: Base }) {
  const [wanted, setWanted] = useState<Wanted | null>(null)
  const asked = useAsked(base, setWanted)
  const { answered, pair, row, at, setAt } = asked
  useCarried(base)
  useWhatIfKeys(asked)
  return (
    <>
      <Heading asked={asked} />
      {answered.state === 'impossible' && (
        <p className={styles.wrong} role="alert">
          {impossibleInWords(answered.why.reason, answered.why.edit, answered.why.version)}
        </p>
      )}
      {answered.state === 'failed' && (
        <p className={styles.wrong} role="alert">
          {answered.message}
        </p>
      )}
      {pair && <Headline pair={pair} edits={asked.edits.length} onDivergence={asked.toDivergence} />}
      {pair && pair.length > 0 && <Bands pair={pair} at={at} onAt={setAt} />}
      <div className={styles.parts}>
        <section className={styles.edits} aria-label="Edits">
          <Edits asked={asked} />
        </section>
        <section className={styles.rows} aria-label="Events of both">
          {pair && <Rows pair={pair} asked={asked} />}
        </section>
        <section className={styles.states} aria-label="Both carts">
          {pair && row && (
            <Sides
              a={pair.cartA(row.recorded)}
              b={pair.cartB(row.alternative)}
              versions={{ a: row.recorded, b: row.alternative }}
            />
          )}
        </section>
      </div>
      {wanted && (
        <Editing
          wanted={wanted}
          cart={base.cart}
          newest={base.timeline.length}
          onDone={(edit) => {
            setWanted(null)
            asked.add(edit)
          }}
          onClose={() => setWanted(null)}
        />
      )}
      <p className={styles.unseen} role="status">
        {pair && pair.length > 0 ? inWords(pair, at) : ''}
      </p>
    </>
  )
}
