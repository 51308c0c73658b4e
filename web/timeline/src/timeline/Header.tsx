/** Whose life it is, and how it stood at the moment one looks at. */
import { formatMoney } from '@tillroll/storefront/shared/money'
import { useState } from 'react'
import { moment as written } from '../clock/zone'
import { copyLink, leadsHere } from '../files/address'
import { useLatest } from '../history/latest'
import { CopyButton } from '../ui/CopyButton'
import { Sign } from '../ui/Sign'
import { ToolButton } from '../ui/ToolButton'
import { go, link, place } from '../url/location'
import { DisclosureDialog } from './DisclosureDialog'
import styles from './Header.module.css'
import { useMoment } from './MomentOf'
import { type Model, useModel } from './model'
import { SaveButton } from './SaveButton'
import { ticketText } from './ticket'

const counts = new Intl.NumberFormat()

export function Header() {
  const model = useModel()
  const { known, version, clock, history, shown, remote } = model
  const [asking, setAsking] = useState(false)
  const { moment } = useMoment()
  const cart = moment?.cart ?? null
  const time = (of: number) => (Number.isNaN(of) ? '–' : written(of, clock))
  const reducer = known.reducers.findLast((one) => one.version <= Math.max(1, version))?.reducer
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        <h2 className={styles.id}>
          <span className={styles.word}>Cart</span> <code>{known.cart}</code>
        </h2>
        <CopyButton what="cart id" text={() => known.cart} />
        {cart && (
          <span className={styles.status} data-status={cart.status}>
            {cart.status}
          </span>
        )}
        {known.live !== 'off' && <Live state={known.live} />}
        <div className={styles.actions}>
          <ToolButton label="What if, from here" hint="W" sign="branch" word="What if" onClick={() => whatIf(model)} />
          {leadsHere() ? (
            <CopyButton what="link" word="Link" sign="link" text={link} />
          ) : (
            <ToolButton label="Copy link" sign="link" word="Link" onClick={() => void copyLink()} />
          )}
          {model.remote && <SaveButton cart={known.cart} />}
          <CopyButton what="text for a ticket" word="Text" sign="text" text={() => ticketText(model)} />
          <ToolButton
            label="Show references to persons"
            sign="eye"
            word="Personal data"
            aria-pressed={shown}
            onClick={() => (remote && !shown ? setAsking(true) : model.show(!shown))}
          />
        </div>
      </div>
      <dl className={styles.facts}>
        <Fact name="Event">
          {counts.format(version)} of {counts.format(known.length)}
        </Fact>
        <Fact name="Total">{cart ? formatMoney(cart.total_minor, cart.currency) : '–'}</Fact>
        <Fact name="First">{time(history.timeOf(1))}</Fact>
        <Fact name="Last">{time(history.timeOf(known.length))}</Fact>
        {reducer && (
          <Fact name="Rules">
            <code title={reducer}>{reducer.slice(0, 8)}</code>
          </Fact>
        )}
        {shown && <Fact name="Persons">{remote ? 'shown, and recorded' : 'shown; of a file nothing is recorded'}</Fact>}
        <Agreement />
      </dl>
      {asking && (
        <DisclosureDialog cart={known.cart} onClose={() => setAsking(false)} onDone={() => model.show(true)} />
      )}
    </header>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const LIVE = {
  connecting: 'connecting',
  live: 'live',
  stale: 'stale: the connection broke, trying again',
} as const

function Live({ state }: { readonly state: Exclude<Model['known']['live'], 'off'> }) {
  return (
    <span className={styles.live} data-live={state}>
      {LIVE[state]}
    </span>
  )
}

/** Whether this page makes the same cart of the events as the server does. */
function Agreement() {
  const { known, history } = useModel()
  const there = known.hash && known.hash.version <= known.length ? known.hash : null
  const { last } = useLatest(there, `${there?.version} ${there?.hash}`, async ({ version }) => {
    return (await history.ask('moment', { version })).cart?.state_hash ?? null
  })
  if (!there || !last) return null
  const agrees = last.answer === last.question.hash
  return (
    <div className={styles.fact} data-agrees={agrees}>
      <dt>State</dt>
      <dd className={agrees ? styles.agrees : styles.differs} title={`state hash ${last.question.hash}`}>
        <Sign name={agrees ? 'check' : 'wrong'} />
        {agrees ? 'as on the server' : 'not as on the server'}
      </dd>
    </div>
  )
}

/** To the other screen, with the moment that is chosen here; a file goes there with its address. */
export function whatIf({ known, version, remote }: Pick<Model, 'known' | 'version' | 'remote'>): void {
  const asked = { v: String(version) }
  if (remote) go(`whatif/${encodeURIComponent(known.cart)}`, asked)
  else go('whatif', asked, place.get().fragment)
}
