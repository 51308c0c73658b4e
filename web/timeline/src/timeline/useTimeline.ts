/** Puts the model together: the address says where one is, the history what there is, and the rest follows from both. */
import { announce } from '@tillroll/storefront/ui/announce'
import { useStore } from '@tillroll/storefront/ui/store'
import { useEffect, useMemo, useState } from 'react'
import { useClock } from '../clock/useClock'
import type { History } from '../history/history'
import { Rows } from '../history/rows'
import { place as address, say } from '../url/location'
import { oneOf, text, useWord, whole } from '../url/word'
import { byTime as axisByTime, bySequence } from './band/axis'
import { usePassing } from './filtered'
import type { Model } from './model'
import { Places } from './places'
import type { Refusals } from './refusals'

const AXES = oneOf('sequence', 'time')

export function useTimeline(history: History, refusals: Refusals, remote: boolean): Model {
  const known = useStore(history.known)
  const clock = useClock(history.timeOf(known.length))
  const [asked] = useWord('v', whole, Number.MAX_SAFE_INTEGER)
  const [refused] = useWord<string>('r', text, '')
  const [filter, setFilter] = useWord<string>('f', text, '')
  const [field, setField] = useWord<string>('field', text, '')
  const [axisName, setAxis] = useWord('axis', AXES, 'sequence')
  const [pinA, setPinA] = useWord<number>('a', whole, -1)
  const [pinB, setPinB] = useWord<number>('b', whole, -1)
  const [shown, setShown] = useState(false)
  const [following, setFollowing] = useState(false)

  const { passing, passingRefusals, filtering } = usePassing(history, known.length, filter, refusals.all)
  const places = useMemo(
    () => new Places(known.length, passing, passingRefusals),
    [known.length, passing, passingRefusals],
  )
  const wanted = Math.min(asked, known.length)
  const place = following ? places.count - 1 : places.indexOf(wanted, refused || null)
  const current = places.at(place)
  // With a filter that nothing passes, or before its first event, one stays where one was.
  const version = current?.version ?? (asked === 0 || known.length === 0 ? 0 : passing === null ? 0 : wanted)
  const refusal = current?.is === 'refusal' ? current.refusal : null

  const goPlace = (to: number) => {
    setFollowing(false)
    const target = places.at(to)
    say({ v: String(target?.version ?? 0), r: target?.is === 'refusal' ? target.refusal.command_id : null })
  }
  const goVersion = (to: number) => goPlace(places.indexOf(to))

  useSettled(passing, filtering, current?.version ?? null, wanted)
  const rows = useMemo(() => new Rows(history, false), [history])
  useEffect(() => rows.show(shown), [rows, shown])

  const goTurn = async (step: 1 | -1) => {
    if (!field) return announce('Pick a field in the tree first')
    const [from, to] = step === 1 ? [version + 1, known.length] : [1, version - 1]
    const turns = from > to ? [] : await history.ask('life', { pointer: field, from, to })
    const turn =
      step === 1 ? turns.find((one) => one.version > version) : turns.findLast((one) => one.version < version)
    if (turn) goVersion(turn.version)
    else announce(step === 1 ? 'It does not change any more' : 'It did not change before')
  }

  const byTime = axisName === 'time'
  const axis = useMemo(
    () => (byTime ? axisByTime(history.times, known.length, known.expected) : bySequence(known.expected)),
    [history, known.length, known.expected, byTime],
  )
  const [view, setView] = useView()
  useFollowed(following, places.count, version)

  return {
    history,
    rows,
    known,
    refusals,
    clock,
    remote,
    places,
    place,
    version,
    refusal,
    goPlace,
    goVersion,
    pins: { a: pinA < 0 ? null : pinA, b: pinB < 0 ? null : pinB },
    pin: (pin, to) => (pin === 'a' ? setPinA : setPinB)(to ?? -1),
    filter,
    setFilter,
    passing,
    filtering,
    field: field || null,
    setField: (next) => setField(next ?? ''),
    goTurn,
    shown,
    show: (next) => {
      setShown(next)
      announce(
        next
          ? `References to persons are shown on this page${remote ? ', and that is recorded' : ''}`
          : 'References to persons are hidden',
      )
    },
    axis,
    byTime,
    setByTime: (next) => setAxis(next ? 'time' : 'sequence'),
    view,
    setView,
    following,
    follow: setFollowing,
  }
}

/** Where a filter leaves out the event one stood on, one stands on the nearest that passes: nothing disagrees. */
function useSettled(passing: Uint32Array | null, filtering: boolean, at: number | null, wanted: number): void {
  useEffect(() => {
    if (passing === null || filtering) return
    const nearest = at ?? passing[0]
    if (nearest !== undefined && nearest !== wanted && wanted !== 0) say({ v: String(nearest) })
  }, [passing, filtering, at, wanted])
}

/** While following, the address says where that led. */
function useFollowed(following: boolean, count: number, version: number): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each event that came.
  useEffect(() => {
    if (following) say({ v: String(version), r: null })
  }, [following, count, version])
}

const WHOLE_VIEW = [0, 1] as const

/** The part of the band in detail; in the address as thousandths. */
function useView(): [readonly [number, number], (from: number, to: number) => void] {
  const word = useStore(address).query.get('w')
  const view = useMemo(() => {
    const [from, to] = (/^(\d{1,6})-(\d{1,6})$/.exec(word ?? '') ?? [])
      .slice(1)
      .map((part) => Number(part) / VIEW_PARTS)
    return from !== undefined && to !== undefined && from < to && to <= 1 ? ([from, to] as const) : WHOLE_VIEW
  }, [word])
  return [
    view,
    (from, to) => {
      const width = Math.min(1, Math.max(VIEW_MIN, to - from))
      const left = Math.min(1 - width, Math.max(0, from))
      const [first, last] = [Math.round(left * VIEW_PARTS), Math.round((left + width) * VIEW_PARTS)]
      say({ w: width >= 1 ? null : `${first}-${last}` })
    },
  ]
}

const VIEW_PARTS = 100_000
const VIEW_MIN = 0.0005
