/** What is different between two moments: money first, then every field. */
import { formatMoney } from '@tillroll/storefront/shared/money'
import { useLatest } from '../../history/latest'
import { Notice } from '../../ui/Notice'
import { oneOf, useWord } from '../../url/word'
import { useMoment } from '../MomentOf'
import { masked } from '../masked'
import { type Model, useModel } from '../model'
import { inOrder, namesOf, valueInWords } from './changes'
import styles from './Inspector.module.css'
import { PatchPart } from './PatchPart'

const SIDES = { previous: 'Previous event', a: 'Pin A', ab: 'A with B' } as const
type Side = keyof typeof SIDES

export function DiffPart() {
  const model = useModel()
  const { history, known, shown, field, setField } = model
  const { moment } = useMoment()
  const [side, setSide] = useWord<Side>('diff', oneOf('previous', 'a', 'ab'), 'previous')
  const compared = versionsOf(side, model)
  const [from, to] = compared ?? [0, 0]
  const { last } = useLatest(
    compared,
    `${side} ${from} ${to} ${Math.min(known.length, Math.max(from, to))}`,
    ([from, to]) => history.ask('diff', { from, to }),
  )
  const currency = moment?.cart?.currency ?? null
  const changes = inOrder(last?.answer ?? [])
  return (
    <div className={styles.side}>
      <fieldset className={styles.choice}>
        <legend className={styles.unseen}>Compare with</legend>
        {(Object.keys(SIDES) as Side[]).map((one) => (
          <label key={one}>
            <input type="radio" name="diff" checked={one === side} onChange={() => setSide(one)} />
            {SIDES[one]}
          </label>
        ))}
      </fieldset>
      {compared === null ? (
        <Notice title={side === 'ab' ? 'Two pins are needed' : 'Pin A is needed'}>
          Stand on an event and press [ for pin A{side === 'ab' && ', ] for pin B'}.
        </Notice>
      ) : (
        <>
          <p className={styles.hint}>
            From version {from} to version {to}
            {last && changes.length === 0 && ': nothing is different'}
          </p>
          {changes.length > 0 && (
            <table className={styles.diff}>
              <thead>
                <tr>
                  <th scope="col">What</th>
                  <th scope="col">From</th>
                  <th scope="col">To</th>
                </tr>
              </thead>
              <tbody>
                {changes.map((change) => (
                  <tr key={change.path} data-money={change.path.endsWith('total_minor') || undefined}>
                    <th scope="row">
                      <button
                        type="button"
                        className={styles.path}
                        aria-pressed={field === change.path}
                        title={`Pick ${change.path}`}
                        onClick={() => setField(change.path)}
                      >
                        <bdi>{namesOf(change.path)}</bdi>
                      </button>
                    </th>
                    <td>
                      <del>
                        <bdi>{valueInWords(change.path, shownOf(change.path, change.from, shown), currency)}</bdi>
                      </del>
                    </td>
                    <td>
                      <ins>
                        <bdi>{valueInWords(change.path, shownOf(change.path, change.to, shown), currency)}</bdi>
                      </ins>
                      {delta(change.path, change.from, change.to, currency)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {changes.length > 0 && <PatchPart from={from} to={to} />}
        </>
      )}
    </div>
  )
}

function versionsOf(side: Side, { version, pins }: Model): readonly [number, number] | null {
  switch (side) {
    case 'previous':
      return [Math.max(0, version - 1), version]
    case 'a':
      return pins.a === null ? null : [pins.a, version]
    case 'ab':
      return pins.a === null || pins.b === null ? null : [pins.a, pins.b]
    default:
      return side satisfies never
  }
}

/** The value with a mask where its own name, or one inside of it, is a person's. */
function shownOf(path: string, value: unknown, shown: boolean): unknown {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return (masked({ [name]: value }, shown) as Record<string, unknown>)[name]
}

function delta(path: string, from: unknown, to: unknown, currency: string | null) {
  if (!path.endsWith('_minor') || typeof from !== 'number' || typeof to !== 'number') return null
  return <span className={styles.delta}>{`${to > from ? '+' : ''}${formatMoney(to - from, currency)}`}</span>
}
