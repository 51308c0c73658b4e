/** The one way to write a moment: the zone that is chosen in the top bar holds for every screen, list, axis and copy. */
import { store } from '@tillroll/storefront/ui/store'

export type Zone = 'utc' | 'local' | 'relative'

const KEY = 'tillroll.timeline.zone'
const ZONES: readonly Zone[] = ['utc', 'local', 'relative']

export const zone = store<Zone>(chosen())

export function chooseZone(next: Zone): void {
  zone.set(next)
  try {
    localStorage.setItem(KEY, next)
  } catch {
    // Without storage the choice holds until the page is left.
  }
}

function chosen(): Zone {
  try {
    return ZONES.find((one) => one === localStorage.getItem(KEY)) ?? 'utc'
  } catch {
    return 'utc'
  }
}

/** Where "3 minutes ago" is counted from: now on a live screen, the newest event of a file. */
export interface Clock {
  readonly zone: Zone
  readonly now: number
}

/** Stands where nobody noted one. */
const NO_TIME = 'no time'
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const TOLD_IN_TENTHS = 10 * SECOND

/** "2026-03-02 09:14:05.120 UTC", the same in the local zone with its offset, or "3 min before". */
export function moment(at: number, { zone, now }: Clock): string {
  if (Number.isNaN(at)) return NO_TIME
  switch (zone) {
    case 'utc':
      return `${iso(at)} UTC`
    case 'local':
      return `${iso(at + offset(at))} ${offsetName(at)}`
    case 'relative':
      return distance(at - now)
    default:
      return zone satisfies never
  }
}

/** Only the time of day, for lists whose day is said once; the same as `moment` where that is relative. */
export function timeOfDay(at: number, clock: Clock): string {
  if (Number.isNaN(at)) return NO_TIME
  if (clock.zone === 'relative') return distance(at - clock.now)
  return iso(clock.zone === 'utc' ? at : at + offset(at)).slice(11)
}

/** The day that a moment is in, in the chosen zone; relative moments are in UTC's. */
export function day(at: number, { zone }: Clock): string {
  return iso(zone === 'local' ? at + offset(at) : at).slice(0, 10)
}

/** "2 h 5 min", "1.5 s", "340 ms": how long something took or lies back, in two units at most. */
export function duration(ms: number): string {
  const length = Math.abs(Math.round(ms))
  const units: readonly (readonly [number, string])[] = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'min'],
    [SECOND, 's'],
  ]
  const first = units.findIndex(([unit]) => length >= unit)
  if (first < 0) return `${length} ms`
  // Of a few seconds a tenth is told: what took 1.9 s did not take as long as what took 1.1.
  if (length < TOLD_IN_TENTHS) return `${Math.floor(length / 100) / 10} s`
  const [unit, name] = units[first] as (typeof units)[number]
  const [next, nextName] = units[first + 1] ?? [0, '']
  const rest = next > 0 ? Math.floor((length % unit) / next) : 0
  return `${Math.floor(length / unit)} ${name}${rest > 0 ? ` ${rest} ${nextName}` : ''}`
}

/**
 * What somebody typed as a moment: RFC 3339, "2026-03-02 09:14[:05]" or "09:14[:05]" of a given day, in the chosen zone.
 * Undefined when it is none.
 */
export function parseMoment(typed: string, zone: Zone, ofDay: number): number | undefined {
  const given = typed.trim()
  const full = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/
  const short = /^\d\d?:\d\d(:\d\d(\.\d{1,3})?)?$/
  const local = zone === 'local'
  if (full.test(given)) return valid(Date.parse(`${given.replace(' ', 'T')}${local ? '' : 'Z'}`))
  if (short.test(given)) {
    const date = day(ofDay, { zone, now: ofDay })
    return valid(
      Date.parse(`${date}T${given.padStart(given.indexOf(':') === 1 ? given.length + 1 : 0, '0')}${local ? '' : 'Z'}`),
    )
  }
  return /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(given) ? valid(Date.parse(given)) : undefined
}

function valid(at: number): number | undefined {
  return Number.isNaN(at) ? undefined : at
}

function iso(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? NO_TIME : date.toISOString().replace('T', ' ').replace('Z', '')
}

/** Milliseconds that the local clock is ahead of UTC at a moment: summer and winter differ. */
function offset(at: number): number {
  return -new Date(at).getTimezoneOffset() * MINUTE
}

function offsetName(at: number): string {
  const minutes = offset(at) / MINUTE
  const two = (count: number) => String(Math.floor(count)).padStart(2, '0')
  return `${minutes < 0 ? '−' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`
}

function distance(ms: number): string {
  if (ms === 0) return 'now'
  return ms < 0 ? `${duration(ms)} before` : `${duration(ms)} after`
}
