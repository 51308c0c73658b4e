/** The parts of the timeline, side by side; in a narrow window the list and the inspector are drawers. */
import { announce } from '@tillroll/storefront/ui/announce'
import { Modal } from '@tillroll/storefront/ui/Modal'
import { useMedia } from '@tillroll/storefront/ui/useMedia'
import { useEffect, useRef, useState } from 'react'
import { moment } from '../clock/zone'
import type { History } from '../history/history'
import { ToolButton } from '../ui/ToolButton'
import { Band } from './band/Band'
import { placeInWords } from './band/Playhead'
import { Header } from './Header'
import { Inspector } from './inspector/Inspector'
import styles from './Life.module.css'
import { EventList } from './list/EventList'
import { MomentOf } from './MomentOf'
import { type Model, ModelContext } from './model'
import type { Refusals } from './refusals'
import { StatePart } from './state/StatePart'
import { Transport } from './Transport'
import { useTimelineKeys } from './timelineKeys'
import { SPOKEN_EVENTS_A_SECOND_MAX, usePlay } from './usePlay'
import { useTimeline } from './useTimeline'

type Drawer = 'list' | 'inspector'

interface LifeProps {
  readonly history: History
  readonly refusals: Refusals
  /** Of a server, not of a file. */
  readonly remote: boolean
}

export function Life({ history, refusals, remote }: LifeProps) {
  const model = useTimeline(history, refusals, remote)
  const play = usePlay(model)
  const goTo = useRef<HTMLInputElement>(null)
  const narrow = useMedia('(width < 64rem)')
  const [drawer, setDrawer] = useState<Drawer | null>(null)
  useTimelineKeys({ model, play, goTo, narrow, open: setDrawer })
  useSpoken(model, play.playing && Number(play.speed) > SPOKEN_EVENTS_A_SECOND_MAX)
  return (
    <ModelContext value={model}>
      <MomentOf>
        <div
          className={styles.life}
          data-place={model.place}
          data-version={model.version}
          data-known={model.known.length}
        >
          <Header />
          <Ending model={model} />
          <Band />
          <Transport play={play} goTo={goTo} />
          {narrow && (
            <div className={styles.drawers}>
              <ToolButton
                label="Events"
                sign="list"
                word="Events"
                aria-haspopup="dialog"
                onClick={() => setDrawer('list')}
              />
              <p className={styles.now}>{placeInWords(model)}</p>
              <ToolButton
                label="Inspector"
                sign="inspect"
                word="Inspector"
                aria-haspopup="dialog"
                onClick={() => setDrawer('inspector')}
              />
            </div>
          )}
          <div className={styles.parts}>
            {!narrow && (
              <section className={styles.list} aria-label="Events">
                <EventList />
              </section>
            )}
            <section className={styles.state} aria-label="State">
              <StatePart />
            </section>
            {!narrow && (
              <section className={styles.inspector} aria-label="Inspector">
                <Inspector />
              </section>
            )}
          </div>
          {narrow && drawer && (
            <Modal title={drawer === 'list' ? 'Events' : 'Inspector'} place="side" onClose={() => setDrawer(null)}>
              <div className={styles.drawer}>{drawer === 'list' ? <EventList /> : <Inspector />}</div>
            </Modal>
          )}
        </div>
      </MomentOf>
    </ModelContext>
  )
}

/** Why the history ends before its end, and what to do. */
function Ending({ model: { known, history, clock, refusals } }: { readonly model: Model }) {
  const { problem, length, expected } = known
  if (problem) {
    const at = history.timeOf(length)
    const when = Number.isNaN(at) ? '' : `, ${moment(at, clock)}`
    return (
      <div className={styles.ending} data-kind={problem.kind} role="alert">
        <p>
          {problem.kind === 'undecodable'
            ? `What follows event ${length}${when} cannot be read, so the fold stops there: ${problem.message}.`
            : length === expected
              ? `What happened after event ${length} could not be fetched: ${problem.message}`
              : `Only ${length} of ${expected} events are here. What is hatched was not fetched: ${problem.message}`}
        </p>
        <ToolButton label="Try again" word="Try again" onClick={() => history.retry()} />
      </div>
    )
  }
  if (refusals.error) {
    return <p className={styles.ending}>What was refused to this cart is not known: {refusals.error}</p>
  }
  return null
}

/** Steps are told to who does not see them; not when they come faster than anybody listens. */
function useSpoken(model: Model, fast: boolean): void {
  const words = placeInWords(model)
  const first = useRef(true)
  useEffect(() => {
    if (first.current || fast) {
      first.current = false
      return
    }
    const settled = setTimeout(() => {
      // The slider and the list speak for themselves.
      if (!document.activeElement?.matches('input[type=range], [role=grid]')) announce(words)
    }, SPOKEN_AFTER_MS)
    return () => clearTimeout(settled)
  }, [words, fast])
}

const SPOKEN_AFTER_MS = 250
