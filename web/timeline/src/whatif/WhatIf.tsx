/** What would have become of a cart: two columns, as recorded and edited. Nothing is written, and the page says so all the time. */
import type { WhatIfEdit } from '@tillroll/cart'
import { formatCount, formatMoney } from '@tillroll/storefront/shared/money'
import { refusalInWords } from '@tillroll/storefront/shared/refusals'
import { announce } from '@tillroll/storefront/ui/announce'
import { Button } from '@tillroll/storefront/ui/Button'
import { useStore } from '@tillroll/storefront/ui/store'
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import type { Base } from '../files/base'
import { SaveButtons } from '../files/SaveButtons'
import { useBase } from '../files/useBase'
import { baseOf } from '../files/write'
import { useKeys } from '../keys/keys'
import { copy } from '../ui/copy'
import { Notice } from '../ui/Notice'
import { VirtualGrid } from '../ui/VirtualGrid'
import { go, link, place } from '../url/location'
import { useWord, whole } from '../url/word'
import { type Pair, useAnswer } from './answer'
import { Bands, inWords } from './Bands'
import { Editing, type Wanted } from './Editing'
import { editsOf, MODE, MODE_FIRST, setEdits } from './question'
import { Sides } from './Sides'
import styles from './WhatIf.module.css'
import { commandInWords, editInWords, eventInWords, FATES, impossibleInWords, MODES, SIGNS } from './words'

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
        <Notice title="What if it had gone another way?">
          Open a cart and press W, or drop a timeline file anywhere on this page.
        </Notice>
      ) : null}
    </div>
  )
}

const COLUMNS = [
  { name: 'Version in A', title: 'A', track: '2.5rem', end: true },
  { name: 'As recorded', title: 'As recorded', track: 'minmax(0, 1fr)' },
  { name: 'What became of it', title: 'Becomes', track: '7.5rem' },
  { name: 'Edited', title: 'Edited', track: 'minmax(0, 1fr)' },
  { name: 'Version in B', title: 'B', track: '2.5rem', end: true },
] as const

function Question({ base }: { readonly base: Base }) {
  const { fragment } = useStore(place)
  const packedEdits = new URLSearchParams(fragment).get('e') ?? ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the fragment only the edits count.
  const edits = useMemo(() => editsOf(fragment), [packedEdits])
  const [mode, setMode] = useWord('mode', MODE, MODE_FIRST)
  const answered = useAnswer(base, mode, edits)
  const pair = answered.state === 'answered' ? answered.pair : null
  const [asked, setAsked] = useWord('at', whole, 0)
  const [from] = useWord('v', whole, 0)
  const at = pair ? Math.min(pair.length, asked || standing(pair, from)) - 1 : 0
  const setAt = useCallback((row: number) => setAsked(row + 1), [setAsked])
  const [wanted, setWanted] = useState<Wanted | null>(null)
  const currency = pair?.told.recorded?.currency ?? base.timeline.at(base.timeline.length)?.currency ?? null

  const change = (next: readonly WhatIfEdit[], said: string) => {
    setEdits(next)
    announce(said)
  }
  const add = (edit: WhatIfEdit) => change([...edits, edit], editInWords(edit, currency))
  const remove = (nth: number) => {
    const edit = edits[nth]
    if (edit) change(edits.toSpliced(nth, 1), `Taken back: ${editInWords(edit, currency)}`)
  }
  const row = pair && pair.length > 0 ? pair.row(at) : null
  /** The recorded event one stands on, if no edit is about it yet. */
  const version = row?.a ?? null
  const after = row?.recorded ?? 0
  const free = version !== null && row?.edit === null
  const refusals = pair?.refusals() ?? []
  const nextRefusal = () => {
    const next = refusals.find(({ row }) => row > at) ?? refusals[0]
    if (next) setAt(next.row)
    else announce('Nothing would be refused')
  }
  const drop = () =>
    free ? add({ edit: 'drop', version }) : announce('Stand on a recorded event that no edit is about')
  const replace = () => {
    const event = free ? pair?.recorded(version) : undefined
    if (free && event) setWanted({ want: 'replace', version, event })
    else announce('Stand on a recorded event that no edit is about')
  }
  const move = () =>
    free ? setWanted({ want: 'move', version }) : announce('Stand on a recorded event that no edit is about')
  const toggle = () => setMode(mode === 'as_it_is' ? 'decide_again' : 'as_it_is')
  const step = (by: number) => pair && setAt(Math.min(pair.length - 1, Math.max(0, at + by)))
  useKeys('What if', [
    { key: 'ArrowLeft', does: 'Previous step', act: () => step(-1) },
    { key: 'ArrowRight', does: 'Next step', act: () => step(1) },
    { key: 'x', does: 'Leave the event out', act: drop },
    { key: 'c', does: 'Change the event', act: replace },
    { key: 'm', does: 'Move the event', act: move },
    { key: 'i', does: 'Insert an event behind it', act: () => setWanted({ want: 'insert', after }) },
    { key: 'a', does: 'Ask for something behind it', act: () => setWanted({ want: 'issue', after }) },
    { key: 'k', does: 'Nothing happened after it', act: () => add({ edit: 'fork', version: after }) },
    { key: 'u', does: 'Take the newest edit back', act: () => remove(edits.length - 1) },
    { key: 's', does: 'Fold as they are, or re-decide', act: toggle },
    { key: 'd', does: 'First difference', act: () => pair && pair.divergence >= 0 && setAt(pair.divergence) },
    { key: 'r', does: 'Next refused command', act: nextRefusal },
    { key: 'y', does: 'Copy link', act: () => void copy(link(), 'Link') },
    { key: 'Escape', does: 'Back to the timeline', act: () => back(base) },
  ])
  useParted(pair, edits, setAt)
  return (
    <>
      <header className={styles.header}>
        <h2 className={styles.id}>
          What if, of <code>{base.cart}</code>
          {base.from !== 'server' && (
            <span className={styles.source}>{base.from === 'file' ? base.name : 'from the link'}</span>
          )}
        </h2>
        <fieldset className={styles.modes}>
          <legend className={styles.legend}>Events behind the first edit</legend>
          {(['decide_again', 'as_it_is'] as const).map((one) => (
            <label key={one} className={styles.mode}>
              <input type="radio" name="mode" checked={one === mode} onChange={() => setMode(one)} />
              {MODES[one].name}
            </label>
          ))}
        </fieldset>
        <p className={styles.about}>{MODES[mode].about}</p>
        {pair && (
          <SaveButtons
            what={edits.length === 0 ? 'cart' : 'fork'}
            name={edits.length === 0 ? base.cart : `${base.cart}.what-if`}
            base={() => (edits.length === 0 ? base : baseOf(pair.told.packed, headerOf(base, mode, edits)))}
          />
        )}
      </header>
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
      {pair && <Headline pair={pair} edits={edits.length} />}
      {pair && pair.length > 0 && <Bands pair={pair} at={at} onAt={setAt} />}
      <div className={styles.parts}>
        <section className={styles.edits} aria-label="Edits">
          <div className={styles.tools}>
            <Button onClick={drop}>Leave out</Button>
            <Button onClick={replace}>Change…</Button>
            <Button onClick={move}>Move…</Button>
            <Button onClick={() => setWanted({ want: 'insert', after })}>Insert…</Button>
            <Button onClick={() => setWanted({ want: 'issue', after })}>Ask for…</Button>
            <Button onClick={() => add({ edit: 'fork', version: after })}>Stop here</Button>
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
                    <Button look="quiet" aria-label={`Take back edit ${nth + 1}`} onClick={() => remove(nth)}>
                      Take back
                    </Button>
                  </li>
                ))}
              </ol>
            )}
          </Part>
          {pair && mode === 'decide_again' && edits.length > 0 && (
            <Part
              title={
                refusals.length === 0
                  ? 'Nothing would be refused now'
                  : `${formatCount(refusals.length)} would be refused now`
              }
            >
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
          )}
        </section>
        <section className={styles.rows} aria-label="Events of both">
          {pair && (
            <VirtualGrid
              label="Events as recorded and edited"
              columns={COLUMNS}
              count={pair.length}
              rowHeight={32}
              active={at}
              onActive={setAt}
              onOpen={replace}
              marks={(index) => ({
                'data-fate': pair.row(index).fate.fate,
                'data-parting': index === pair.divergence ? 'true' : undefined,
              })}
              cells={(index) => cells(pair, index, currency, edits)}
            />
          )}
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
            add(edit)
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

/** More are not listed beside the edits. */
const REFUSALS_SHOWN_MAX = 50

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className={styles.part}>
      <h3>{title}</h3>
      {children}
    </div>
  )
}

/** Money first: that is what somebody asks about. */
function Headline({ pair, edits }: { readonly pair: Pair; readonly edits: number }) {
  const { money, recorded, alternative } = pair.told
  const [a, b] = [recorded?.currency ?? null, alternative?.currency ?? recorded?.currency ?? null]
  const more = money.difference
  const said =
    more === null
      ? 'The two are in different currencies.'
      : more === 0
        ? 'Both come to the same.'
        : `B comes to ${formatMoney(Math.abs(more), b)} ${more > 0 ? 'more' : 'less'}.`
  return (
    <dl className={styles.money} data-difference={more ?? undefined}>
      <div>
        <dt>A at its end</dt>
        <dd>{formatMoney(money.recorded, a)}</dd>
      </div>
      <div>
        <dt>B at its end</dt>
        <dd>{formatMoney(money.alternative, b)}</dd>
      </div>
      <div className={styles.difference}>
        <dt>Difference</dt>
        <dd>{said}</dd>
      </div>
      <div>
        <dt>First difference</dt>
        <dd>
          {pair.divergence < 0
            ? edits === 0
              ? 'no edits'
              : 'none, the carts are alike'
            : `step ${formatCount(pair.divergence + 1)}`}
        </dd>
      </div>
    </dl>
  )
}

function cells(pair: Pair, index: number, currency: string | null, edits: readonly WhatIfEdit[]): readonly ReactNode[] {
  const { fate, a, b, origin, edit } = pair.row(index)
  const tried = fate.fate === 'refused' || fate.fate === 'already_so' ? attempt(pair, origin, edits[edit ?? -1]) : null
  const [recorded, alternative] = [
    a === null ? undefined : pair.recorded(a),
    b === null ? undefined : pair.alternative(b),
  ]
  return [
    a === null ? '' : formatCount(a),
    recorded ? <bdi key="a">{eventInWords(recorded, currency)}</bdi> : '',
    <span key="fate" className={styles.fate} data-fate={fate.fate}>
      <span aria-hidden="true">{SIGNS[fate.fate]}</span> {FATES[fate.fate]}
    </span>,
    alternative ? (
      <bdi key="b">{eventInWords(alternative, currency)}</bdi>
    ) : tried ? (
      <s key="b" className={styles.tried}>
        <bdi>{tried(currency)}</bdi>
      </s>
    ) : (
      ''
    ),
    b === null ? '' : formatCount(b),
  ]
}

/** What would have happened, of a row in which it did not. */
function attempt(pair: Pair, origin: number | null, edit: WhatIfEdit | undefined) {
  const event =
    edit?.edit === 'replace' || edit?.edit === 'insert'
      ? edit.event
      : origin === null
        ? undefined
        : pair.recorded(origin)
  if (event) return (currency: string | null) => eventInWords(event, currency)
  return edit?.edit === 'issue' ? () => commandInWords(edit.command) : null
}

/** The name that a sku had last before a recorded version. */
function nameIn(pair: Pair, version: number, sku: string): string {
  return pair.cartA(version)?.lines.find((line) => line.sku === sku)?.item_name ?? sku
}

/** The row to stand on at first: that of the version one came from, or else where the carts part. */
function standing(pair: Pair, from: number): number {
  if (from > 0) return Math.max(1, pair.rowOf(Math.min(from, pair.base.timeline.length)) + 1)
  return Math.max(1, pair.divergence + 1)
}

/** A new edit leads to the first difference that it makes. */
function useParted(pair: Pair | null, edits: readonly WhatIfEdit[], setAt: (row: number) => void): void {
  const [count, setCount] = useState(edits.length)
  useEffect(() => {
    if (!pair || edits.length === count) return
    setCount(edits.length)
    if (edits.length > count && pair.divergence >= 0) setAt(pair.divergence)
  }, [pair, edits, count, setAt])
}

function headerOf(base: Base, mode: 'as_it_is' | 'decide_again', edits: readonly WhatIfEdit[]): Base['header'] {
  return { ...base.header, hypothetical: { mode, recorded_version: base.timeline.length, edits } }
}

function back(base: Base): void {
  if (base.from === 'server') go(`cart/${base.cart}`)
  else go('file')
}
