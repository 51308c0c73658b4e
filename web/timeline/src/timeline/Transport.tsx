/** How one moves along a life. Every button says the key that does the same. */
import { announce } from '@tillroll/storefront/ui/announce'
import { type FormEvent, type RefObject, useState } from 'react'
import { parseMoment } from '../clock/zone'
import { ToolButton } from '../ui/ToolButton'
import { versionAtTime } from './marks'
import { type Model, useModel } from './model'
import styles from './Transport.module.css'
import { SPEEDS, type Speed, type usePlay } from './usePlay'
import { fit, zoom } from './zoom'

interface TransportProps {
  readonly play: ReturnType<typeof usePlay>
  readonly goTo: RefObject<HTMLInputElement | null>
}

export function Transport({ play, goTo }: TransportProps) {
  const model = useModel()
  const { places, place, following, byTime, known } = model
  const [atStart, atEnd] = [place < 0, place >= places.count - 1]
  return (
    <div className={styles.transport} role="toolbar" aria-label="Move along the timeline">
      <div className={styles.group}>
        <ToolButton
          label="Before the first event"
          hint="Home"
          sign="first"
          disabled={atStart}
          onClick={() => model.goPlace(-1)}
        />
        <ToolButton
          label="Previous event"
          hint="←"
          sign="back"
          disabled={atStart}
          onClick={() => model.goPlace(place - 1)}
        />
        <ToolButton
          label={play.playing ? 'Pause' : 'Play'}
          hint="Space"
          sign={play.playing ? 'pause' : 'play'}
          disabled={places.count === 0}
          onClick={play.toggle}
        />
        <ToolButton
          label="Next event"
          hint="→"
          sign="forward"
          disabled={atEnd}
          onClick={() => model.goPlace(place + 1)}
        />
        <ToolButton
          label="Last event"
          hint="End"
          sign="last"
          disabled={atEnd}
          onClick={() => model.goPlace(places.count - 1)}
        />
        <select
          className={styles.speed}
          aria-label="Speed"
          value={play.speed}
          onChange={(event) => play.setSpeed(event.currentTarget.value as Speed)}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed === 'real' ? 'real time' : `${speed} a second`}
            </option>
          ))}
        </select>
        {known.live !== 'off' && (
          <ToolButton
            label="Follow live"
            hint="L"
            word="Follow"
            aria-pressed={following}
            onClick={() => model.follow(!following)}
          />
        )}
      </div>
      <GoTo field={goTo} />
      <div className={styles.group}>
        <ToolButton
          label="Next refused command"
          sign="refused"
          word={`${model.refusals.all.length} refused`}
          disabled={model.places.nextRefusal(place) === null}
          onClick={() => nextRefusal(model)}
        />
        {model.field && (
          <>
            <ToolButton
              label="Previous change of the field"
              hint="Shift+←"
              sign="back"
              onClick={() => model.goTurn(-1)}
            />
            <code className={styles.field}>{model.field}</code>
            <ToolButton
              label="Next change of the field"
              hint="Shift+→"
              sign="forward"
              onClick={() => model.goTurn(1)}
            />
          </>
        )}
      </div>
      <div className={`${styles.group} ${styles.end}`}>
        <ToolButton
          label="Pin A here"
          hint="["
          word="A"
          aria-pressed={model.pins.a === model.version}
          onClick={() => togglePin(model, 'a')}
        />
        <ToolButton
          label="Pin B here"
          hint="]"
          word="B"
          aria-pressed={model.pins.b === model.version}
          onClick={() => togglePin(model, 'b')}
        />
        <ToolButton
          label="Axis by clock time"
          word="By time"
          aria-pressed={byTime}
          onClick={() => model.setByTime(!byTime)}
        />
        <ToolButton label="Zoom out" hint="-" sign="minus" onClick={() => zoom(model, 2)} />
        <ToolButton label="Zoom in" hint="+" sign="plus" onClick={() => zoom(model, 0.5)} />
        <ToolButton label="Show all" hint="F" sign="fit" onClick={() => fit(model)} />
      </div>
    </div>
  )
}

export function togglePin(model: Model, pin: 'a' | 'b'): void {
  const taken = model.pins[pin] === model.version
  model.pin(pin, taken ? null : model.version)
  announce(taken ? `Pin ${pin.toUpperCase()} taken away` : `Pin ${pin.toUpperCase()} at event ${model.version}`)
}

export function nextRefusal(model: Model): void {
  const next = model.places.nextRefusal(model.place)
  if (next !== null) model.goPlace(next)
}

/** A number of an event, or a clock time in the chosen zone. */
function GoTo({ field }: { readonly field: RefObject<HTMLInputElement | null> }) {
  const model = useModel()
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const version = versionOf(typed, model)
    setWrong(version === null)
    if (version === null) return announce('That is neither the number of an event nor a time')
    model.goVersion(version)
    setTyped('')
    field.current?.blur()
  }
  return (
    <form className={styles.goTo} onSubmit={submit}>
      <input
        ref={field}
        className={styles.input}
        aria-label="Go to an event’s number or a clock time"
        aria-invalid={wrong}
        placeholder="Go to 42 or 14:03"
        title="Go to (G)"
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          setWrong(false)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
    </form>
  )
}

function versionOf(typed: string, { known, history, version, clock }: Model): number | null {
  const number = /^\s*#?(\d{1,15})\s*$/.exec(typed)?.[1]
  if (number !== undefined) return Math.min(known.length, Number(number))
  const here = history.timeOf(Math.max(1, version))
  const at = parseMoment(typed, clock.zone, Number.isNaN(here) ? clock.now : here)
  return at === undefined ? null : versionAtTime(history.times, known.length, at)
}
