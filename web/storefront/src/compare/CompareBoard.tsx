import { useCart } from '@tillroll/cart/react'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { shelve } from '../catalogue/catalogue'
import { PRESET_NAMES, PRESETS, presetOf } from '../network/presets'
import { LineList } from '../shared/LineList'
import { Money } from '../shared/Money'
import { formatMoney } from '../shared/money'
import { Totals } from '../shared/Totals'
import { announce } from '../ui/announce'
import { Button } from '../ui/Button'
import { Icon } from '../ui/Icon'
import { useStore } from '../ui/store'
import { Clicks } from './Clicks'
import styles from './Compare.module.css'
import type { HandState } from './hand-cart'
import { player } from './play'
import { castOf, type Step, storyOf } from './story'
import type { ThreeCarts } from './three-carts'
import { useDifferences } from './useDifferences'

/** `?pace=0` tells the story without waiting for readers. */
const pace = Number(new URLSearchParams(location.search).get('pace') ?? 1)

export function CompareBoard({ carts }: { carts: ThreeCarts }) {
  const shelf = useMemo(() => shelve(carts.catalogue), [carts])
  const cast = useMemo(() => castOf(carts.catalogue), [carts])
  const steps = useMemo(() => (cast ? storyOf(cast) : []), [cast])
  const story = useMemo(() => player(carts, steps, pace), [carts, steps])
  const playing = useStore(story.now)
  useEffect(() => story.stop, [story])
  const goesOn = playing.phase !== 'ended' && playing.at !== null
  return (
    <main id="products" className={styles.board}>
      <div className={styles.intro}>
        <h1>Two carts, the same clicks</h1>
        <p>
          Left, the cart of this shop: it knows the till’s rules, so it is right before the till has spoken. Right, a
          cart “optimistic by hand”, as storefronts have it today. Both sit behind the same bad network. The till gets
          the same clicks over a good one: it is the truth.
        </p>
        <div className={styles.play}>
          <Button look="main" onClick={goesOn ? story.stop : story.play}>
            <Icon name={goesOn ? 'pause' : 'play'} />
            {goesOn ? 'Stop' : 'Play the story'}
          </Button>
          <span className={styles.or}>or click for yourself, below.</span>
        </div>
      </div>
      <Story steps={steps} at={playing.at} phase={playing.phase} />
      <Carts carts={carts} />
      {cast && <Clicks carts={carts} cast={cast} shelf={shelf} />}
      <Network carts={carts} />
      <HowByHand />
    </main>
  )
}

interface StoryProps {
  readonly steps: readonly Step[]
  readonly at: number | null
  readonly phase: 'before' | 'clicking' | 'after' | 'ended'
}

function Story({ steps, at, phase }: StoryProps) {
  const step = at === null ? undefined : steps[at]
  const told = step && (phase === 'after' || phase === 'ended' ? step.after : step.before)
  useEffect(() => {
    if (step && told) announce(`${step.title}. ${told}`)
  }, [step, told])
  return (
    <section className={styles.story} aria-label="The story">
      <ol className={styles.steps}>
        {steps.map(({ title }, index) => (
          <li
            key={title}
            className={styles.step}
            aria-current={index === at ? 'step' : undefined}
            data-done={at !== null && index < at ? true : undefined}
          >
            {title}
          </li>
        ))}
      </ol>
      <p className={styles.caption} data-story={phase} data-at={at ?? undefined}>
        {told ??
          `${steps.length} scenes, half a minute: three for a price, a discount code, a late reply, a failed request.`}
      </p>
    </section>
  )
}

function Carts({ carts }: { carts: ThreeCarts }) {
  const snapshot = useCart(carts.ours)
  const hand = useStore(carts.byHand.state)
  const handBusy = useStore(carts.byHand.busy)
  const till = useStore(carts.till.state)
  const tillBusy = useStore(carts.till.busy)
  const ours: HandState = { ...snapshot.totals, lines: snapshot.lines, discounts: snapshot.discounts }
  const truth = tillBusy > 0 ? null : till ? till.total_minor : 0
  const differences = useDifferences(truth, ours.total_minor, hand.total_minor)
  return (
    <div className={styles.carts}>
      <CartColumn
        name="This shop"
        side="ours"
        cart={ours}
        onTheWay={snapshot.pending.length}
        off={truth === null ? null : ours.total_minor - truth}
        worst={differences.ours}
      />
      <CartColumn
        name="By hand"
        side="hand"
        cart={hand}
        onTheWay={handBusy}
        off={truth === null ? null : hand.total_minor - truth}
        worst={differences.hand}
      />
      <section className={`${styles.column} ${styles.till}`} aria-labelledby="till-title" data-side="till">
        <h2 id="till-title">The till</h2>
        <p className={styles.big} data-total={till?.total_minor ?? 0}>
          <Money minor={till?.total_minor ?? 0} currency={ours.currency} />
        </p>
        <p className={styles.verdict}>{tillBusy > 0 ? 'is counting…' : 'what these clicks come to'}</p>
        <Lines cart={till} />
      </section>
    </div>
  )
}

interface ColumnProps {
  readonly name: string
  readonly side: 'ours' | 'hand'
  readonly cart: HandState
  readonly onTheWay: number
  /** What it shows too much; null while nobody knows the truth. */
  readonly off: number | null
  readonly worst: { readonly minor: number; readonly seconds: number }
}

function CartColumn({ name, side, cart, onTheWay, off, worst }: ColumnProps) {
  const [last, setLast] = useState(off)
  if (off !== null && off !== last) setLast(off)
  const shown = off ?? last ?? 0
  return (
    <section
      className={styles.column}
      aria-labelledby={`${side}-title`}
      data-side={side}
      data-off={shown === 0 ? undefined : shown}
    >
      <h2 id={`${side}-title`}>
        {name}
        <span className={styles.onTheWay}>{onTheWay > 0 ? `${onTheWay} on the way` : 'all answered'}</span>
      </h2>
      <p className={styles.big} data-total={cart.total_minor}>
        <Money minor={cart.total_minor} currency={cart.currency} />
      </p>
      <p className={styles.verdict} data-wrong={shown !== 0 || undefined}>
        {shown === 0 ? (
          <>
            <Icon name="check" /> as the till says
          </>
        ) : (
          `${formatMoney(Math.abs(shown), cart.currency)} too ${shown > 0 ? 'much' : 'little'}`
        )}
      </p>
      <Lines cart={cart} />
      <p className={styles.worst} data-worst={worst.minor}>
        {worst.minor === 0
          ? 'Never wrong so far'
          : `Wrong for ${worst.seconds.toFixed(1)} s so far, by up to ${formatMoney(worst.minor, cart.currency)}`}
      </p>
    </section>
  )
}

function Lines({ cart }: { cart: HandState | null }): ReactNode {
  if (!cart || cart.lines.length === 0) return <p className={styles.empty}>Empty</p>
  return (
    <>
      <LineList label="Lines" lines={cart.lines} currency={cart.currency} />
      <Totals cart={cart} />
    </>
  )
}

function Network({ carts }: { carts: ThreeCarts }) {
  const faults = useStore(carts.faults)
  const preset = presetOf(faults)
  return (
    <section className={styles.network} aria-labelledby="network-title">
      <h2 id="network-title">The network of both carts</h2>
      <fieldset className={styles.presets} aria-label="Kind of network">
        {PRESET_NAMES.map((name) => (
          <Button
            key={name}
            aria-pressed={preset === name}
            onClick={() => {
              carts.faults.set({ ...PRESETS[name] })
              carts.ours.reconnect()
            }}
          >
            {name}
          </Button>
        ))}
      </fieldset>
    </section>
  )
}

function HowByHand() {
  return (
    <section className={styles.how} aria-labelledby="how-title">
      <h2 id="how-title">What the cart by hand does</h2>
      <ul>
        <li>It changes the lines at once and sums price times quantity, with the unit price in whole cents.</li>
        <li>It keeps the discount that the server named last: what a code is worth, only the server knows.</li>
        <li>Each click is a request; its reply is the whole cart, and the reply that comes last counts.</li>
        <li>When a request fails it puts back the cart as it was before that click.</li>
      </ul>
      <p>
        That is how storefronts do it today, and nothing in it is made worse on purpose. It has the same server, the
        same network and the same clicks.
      </p>
    </section>
  )
}
