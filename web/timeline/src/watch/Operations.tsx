/** The record: what people did, why, and what became of it. */
import { moment } from '../clock/zone'
import { Badge } from './Badge'
import { useClock } from './now'
import { useWatched } from './poll'
import { Part } from './Screen'
import { Scroller } from './Scroller'
import tables from './tables.module.css'
import { Watching } from './Watching'
import type { Operation } from './wire'
import { counted, read, shown } from './words'

const EVERY_MS = 10_000
const SHOWN = 20

interface OperationPage {
  readonly operations: readonly Operation[]
}

export function Operations() {
  const page = useWatched<OperationPage>(`/operations?limit=${SHOWN}`, EVERY_MS)
  const clock = useClock()
  return (
    <Part title="Who did what" said="Written down before it begins; the newest are here.">
      <Watching of={page} what="the record of operations">
        {({ operations }) =>
          operations.length === 0 ? (
            <p className={tables.quiet}>Nobody has redriven, resumed or repaired anything, or looked at persons.</p>
          ) : (
            <Scroller>
              <table className={tables.table}>
                <thead>
                  <tr>
                    <th scope="col">When</th>
                    <th scope="col">What</th>
                    <th scope="col">Who</th>
                    <th scope="col">Why</th>
                    <th scope="col">On what</th>
                    <th scope="col">What became of it</th>
                  </tr>
                </thead>
                <tbody>
                  {operations.map(({ id, kind, at, by, reason, subject, outcome }) => (
                    <tr key={id}>
                      <td>{moment(read(at) ?? 0, clock)}</td>
                      <td>
                        <Badge tone="calm">{kind}</Badge>
                      </td>
                      <td>
                        <bdi>{by ?? '–'}</bdi>
                      </td>
                      <td className={tables.long}>
                        <bdi>{reason}</bdi>
                      </td>
                      <td className={tables.long}>{inWords(subject)}</td>
                      <td className={tables.long}>
                        {outcome == null ? 'under way, or it broke off' : inWords(outcome)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroller>
          )
        }
      </Watching>
    </Part>
  )
}

/** "ids: 3, left: 0": the members of an object; of a list only how many. */
function inWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return shown(value)
  const words = Object.entries(value).map(([name, member]: [string, unknown]) => {
    const said = Array.isArray(member) ? counted(member.length, 'entry', 'entries') : shown(member)
    return `${name.replaceAll('_', ' ')}: ${said}`
  })
  return words.join(', ')
}
