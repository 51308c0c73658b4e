/** The life of one cart: address in, history opened, everything else below. */
import { useStore } from '@tillroll/storefront/ui/store'
import { useContext, useEffect, useMemo, useState } from 'react'
import { NotesContext } from '../files/notes'
import { History } from '../history/history'
import type { Problem, Source } from '../history/wire'
import { Notice } from '../ui/Notice'
import { place } from '../url/location'
import { Life } from './Life'
import { NoCart, WaysOn } from './NoCart'
import { refusalsIn, useRefusals } from './refusals'

/** The screen of `cart/<id>`. */
export default function Timeline() {
  const { path } = useStore(place)
  const cart = decoded(/^cart\/([^/]+)/.exec(path)?.[1] ?? '')
  const source = useMemo<Source>(() => ({ from: 'server', cart, origin: location.origin }), [cart])
  return <TimelineOf key={cart} source={source} />
}

/** A life from wherever it comes. */
export function TimelineOf({ source }: { readonly source: Source }) {
  const [history, setHistory] = useState<History | null>(null)
  useEffect(() => {
    const opened = new History(source)
    setHistory(opened)
    return () => opened.close()
  }, [source])
  return history && <Opened history={history} remote={source.from === 'server'} />
}

function Opened({ history, remote }: { readonly history: History; readonly remote: boolean }) {
  const known = useStore(history.known)
  const asked = useRefusals(remote && known.whole ? known.cart : null, known.length, known.live === 'live')
  const { clientRecords } = useContext(NotesContext)
  const kept = useMemo(() => refusalsIn(clientRecords), [clientRecords])
  const refusals = remote ? asked : kept
  if (known.length > 0) return <Life history={history} refusals={refusals} remote={remote} />
  if (known.problem) return <Failed problem={known.problem} cart={known.cart} onRetry={() => history.retry()} />
  if (known.whole) return <Notice title="Nothing has happened yet">This cart has no events.</Notice>
  return <Loading />
}

const TITLES = {
  forbidden: 'This cart is not yours to see',
  unreachable: 'The server does not answer',
  undecodable: 'These events cannot be read',
  failed: 'The history could not be opened',
} as const satisfies Record<Exclude<Problem['kind'], 'missing'>, string>

function Failed({ problem, cart, onRetry }: { problem: Problem; cart: string; onRetry: () => void }) {
  if (problem.kind === 'missing') return <NoCart cart={cart} onRetry={onRetry} />
  return (
    <Notice kind="wrong" title={TITLES[problem.kind]} actions={<WaysOn cart={cart} onRetry={onRetry} />}>
      {problem.message}
    </Notice>
  )
}

/** Shown late, so that what comes at once does not flash. */
function Loading() {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const waiting = setTimeout(() => setLate(true), LATE_MS)
    return () => clearTimeout(waiting)
  }, [])
  return late ? <Notice title="The events are being fetched…" /> : null
}

const LATE_MS = 300

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
