/** Everything that happened and everything that was refused, one plain sentence each. */
import { formatMoney } from '@tillroll/storefront/shared/money'
import { useStore } from '@tillroll/storefront/ui/store'
import { type ReactNode, useCallback, useMemo } from 'react'
import { timeOfDay } from '../../clock/zone'
import { LANE_OF_NUMBER, LANES } from '../../history/kinds'
import type { Row } from '../../history/wire'
import { type Column, VirtualGrid } from '../../ui/VirtualGrid'
import { isDisordered } from '../marks'
import { maskedText } from '../masked'
import { type Model, useModel } from '../model'
import type { Refusal } from '../refusals'
import { refusalSentence } from '../sentences'
import styles from './EventList.module.css'
import { FilterBox } from './FilterBox'

const ROW_PX = 46
const COLUMNS: readonly Column[] = [
  { name: 'Event', title: '#', track: '2.75rem', end: true },
  { name: 'What happened', title: 'What happened', track: 'minmax(0, 1fr)' },
  { name: 'Total', title: 'Change', track: '4.5rem', end: true },
]

export function EventList() {
  const model = useModel()
  const { places, place, rows, known, history, clock, shown, pins } = model
  const revision = useStore(rows.revision)
  const sight = useCallback(
    (first: number, last: number) => {
      const versions: number[] = []
      for (let index = first; index <= last; index += 1) {
        const at = places.at(index)
        if (at?.is === 'event') versions.push(at.version)
      }
      rows.want('list', versions)
    },
    [places, rows],
  )
  const { reducers } = known
  const { a, b } = pins
  // Another step leaves these as they are, and with them every row but two.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the revision says that other rows are here.
  const drawn = useMemo(() => {
    const all: Drawn = { rows, history, clock, shown, reducers, a, b }
    return {
      cells: (index: number) => {
        const at = places.at(index)
        return at?.is === 'refusal' ? refused(at.refusal, all) : event(at?.version ?? 0, all)
      },
      keyOf: (index: number) => {
        const at = places.at(index)
        return at?.is === 'refusal' ? at.refusal.command_id : (at?.version ?? index)
      },
      marks: (index: number) => {
        const at = places.at(index)
        const unchanged = at?.is === 'event' && rows.get(at.version)?.unchanged
        return { 'data-is': at?.is, 'data-unchanged': unchanged ? '' : undefined }
      },
    }
  }, [places, rows, revision, history, clock, shown, reducers, a, b])
  return (
    <div className={styles.part}>
      <FilterBox />
      <div className={styles.grid}>
        <VirtualGrid
          label="Events and refused commands"
          columns={COLUMNS}
          count={places.count}
          rowHeight={ROW_PX}
          active={place}
          onActive={model.goPlace}
          onSight={sight}
          {...drawn}
          empty={<p className={styles.empty}>{model.filtering ? 'Looking…' : 'Nothing passes this filter.'}</p>}
        />
      </div>
    </div>
  )
}

/** What rows are drawn from, besides where they stand. */
interface Drawn extends Pick<Model, 'rows' | 'history' | 'clock' | 'shown'> {
  readonly reducers: Model['known']['reducers']
  /** The pins. */
  readonly a: number | null
  readonly b: number | null
}

function event(version: number, { rows, history, clock, shown, reducers, a, b }: Drawn): readonly ReactNode[] {
  const row = rows.get(version)
  const time = history.timeOf(version)
  const notes = [
    Number.isNaN(time) ? 'no time' : timeOfDay(time, clock),
    ...(isDisordered(history.times, version) ? ['out of order'] : []),
    ...(a === version ? ['pin A'] : []),
    ...(b === version ? ['pin B'] : []),
    ...(reducers.some((one, nth) => nth > 0 && one.version === version) ? ['new rules'] : []),
    ...(row?.actor ? [maskedText(row.actor, shown) ?? ''] : []),
  ]
  return [
    <span key="version" className={styles.version}>
      {version}
    </span>,
    <What
      key="what"
      sentence={row?.sentence ?? null}
      notes={notes}
      lane={LANES[LANE_OF_NUMBER[history.kindOf(version)] ?? 0] ?? 'system'}
    />,
    <Change key="change" row={row} />,
  ]
}

function refused(refusal: Refusal, { clock, shown }: Drawn): readonly ReactNode[] {
  return [
    <span key="version" className={styles.judged} title={`judged against version ${refusal.version}`}>
      –
    </span>,
    <What
      key="what"
      sentence={refusalSentence(refusal)}
      notes={[
        timeOfDay(Date.parse(refusal.time), clock),
        ...(refusal.actor ? [maskedText(refusal.actor, shown) ?? ''] : []),
      ]}
      lane="refused"
    />,
    null,
  ]
}

function What({ sentence, notes, lane }: { sentence: string | null; notes: readonly string[]; lane: string }) {
  return (
    <span className={styles.what}>
      <bdi className={styles.sentence} title={sentence ?? undefined}>
        {sentence ?? <i className={styles.coming} />}
      </bdi>
      <span className={styles.notes} data-lane={lane}>
        {notes.map((note) => (
          <bdi key={note}>{note}</bdi>
        ))}
      </span>
    </span>
  )
}

function Change({ row }: { readonly row: Row | undefined }) {
  if (!row || row.change === 0) return null
  return (
    <span>
      {row.change > 0 ? '+' : ''}
      {formatMoney(row.change, row.currency)}
    </span>
  )
}
