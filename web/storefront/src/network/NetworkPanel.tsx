import type { Faults } from '@tillroll/cart/testing'
import { type RefObject, useLayoutEffect, useRef } from 'react'
import { Button, IconButton } from '../ui/Button'
import { Icon } from '../ui/Icon'
import { Slider, Switch } from '../ui/Switch'
import { useStore } from '../ui/store'
import styles from './NetworkPanel.module.css'
import { PRESET_NAMES, PRESETS, presetOf } from './presets'
import type { Wire } from './wire'

interface NetworkPanelProps {
  readonly wire: Wire
  readonly onClose: () => void
  /** Yesterday's price list: the shop shows other prices than the till has. */
  readonly oldPrices: boolean
  readonly onOldPrices: (on: boolean) => void
}

type Chance = { [Name in keyof Faults]: Faults[Name] extends number ? Name : never }[keyof Faults]

const CHANCES: readonly { readonly name: Chance; readonly label: string }[] = [
  { name: 'lostBefore', label: 'Requests lost' },
  { name: 'lostAfter', label: 'Answers lost' },
  { name: 'doubled', label: 'Requests doubled' },
  { name: 'reordered', label: 'Out of order' },
  { name: 'truncated', label: 'Answers cut off' },
  { name: 'unavailable', label: 'Server errors' },
]

const percent = (part: number) => `${Math.round(part * 100)}%`
const seconds = (ms: number) => (ms === 0 ? 'none' : `up to ${(ms / 1000).toFixed(1)} s`)

/** Makes the network bad, and shows what that does. */
export function NetworkPanel({ wire, onClose, oldPrices, onOldPrices }: NetworkPanelProps) {
  const faults = useStore(wire.faults)
  const preset = presetOf(faults)
  const panel = useRef<HTMLElement>(null)
  useFocusWhileOpen(panel)
  const set = (changed: Partial<Faults>) => wire.faults.update((now) => ({ ...now, ...changed }))
  return (
    <section
      ref={panel}
      tabIndex={-1}
      className={styles.panel}
      data-beside
      aria-labelledby="network-title"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <header className={styles.header}>
        <h2 id="network-title">Make the network bad</h2>
        <IconButton label="Close the network panel" onClick={onClose}>
          <Icon name="close" />
        </IconButton>
      </header>
      <div className={styles.body}>
        <div className={styles.controls}>
          <fieldset className={styles.presets} aria-label="Kind of network">
            {PRESET_NAMES.map((name) => (
              <Button
                key={name}
                aria-pressed={preset === name}
                className={styles.preset}
                onClick={() => set(PRESETS[name])}
              >
                {name}
              </Button>
            ))}
          </fieldset>
          <div className={styles.switches}>
            <Switch label="Offline" on={faults.offline} onChange={(offline) => set({ offline })} />
            <Switch label="Yesterday’s price list" on={oldPrices} onChange={onOldPrices} />
          </div>
          <div className={styles.sliders}>
            <Slider
              label="Delay"
              value={faults.latencyMs[1]}
              max={5_000}
              step={250}
              words={seconds}
              onChange={(most) => set({ latencyMs: [most / 2, most] })}
            />
            {CHANCES.map(({ name, label }) => (
              <Slider
                key={name}
                label={label}
                value={faults[name]}
                max={1}
                step={0.05}
                words={percent}
                onChange={(part) => set({ [name]: part })}
              />
            ))}
          </div>
        </div>
        <WireLog wire={wire} />
      </div>
    </section>
  )
}

/** Takes the focus as long as it is open, and gives it back to what had it. */
function useFocusWhileOpen(panel: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const before = document.activeElement
    const element = panel.current
    element?.focus({ preventScroll: true })
    return () => {
      if (element?.contains(document.activeElement) && before instanceof HTMLElement)
        before.focus({ preventScroll: true })
    }
  }, [panel])
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

function WireLog({ wire }: { wire: Wire }) {
  const entries = useStore(wire.entries)
  return (
    <div className={styles.log}>
      <h3>On the wire</h3>
      {entries.length === 0 && <p className={styles.quiet}>Nothing yet. Put something into the cart.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must get there. */}
      <ol className={styles.entries} tabIndex={0} aria-label="What was sent and what came of it, newest first">
        {entries.map((entry) => (
          <li key={entry.nth} className={styles.entry} data-went={entry.went}>
            <time className={styles.time}>{clock.format(entry.at)}</time>
            <span className={styles.what}>{entry.what}</span>
            <span className={styles.outcome}>
              {entry.went === 'on its way' ? 'on its way' : entry.outcome}
              {entry.reached > 1 && ` · reached the server ${entry.reached} times`}
              {entry.went === 'wrong' && entry.reached === 1 && ' · the server has done it'}
              {entry.tookMs !== null && entry.tookMs > 0 && ` · ${(entry.tookMs / 1000).toFixed(1)} s`}
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}
