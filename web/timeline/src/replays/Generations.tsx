/** Which rows of each subscription are read, filled, and can be gone back to. */
import { moment } from '../clock/zone'
import { useClock } from '../watch/now'
import { Scroller } from '../watch/Scroller'
import tables from '../watch/tables.module.css'
import { filterInWords } from './progress'
import type { Generations as Of } from './wire'

export function Generations({ of }: { readonly of: Readonly<Record<string, Of>> }) {
  const clock = useClock()
  const made = (generations: Of) =>
    filterInWords(generations.filters[String(generations.live)], (at) => moment(at, clock)) || 'all events'
  return (
    <Scroller>
      <table className={tables.table}>
        <thead>
          <tr>
            <th scope="col">Subscription</th>
            <th scope="col" className={tables.end}>
              Live
            </th>
            <th scope="col" className={tables.end}>
              Being filled
            </th>
            <th scope="col" className={tables.end}>
              Before
            </th>
            <th scope="col">The live one is made of</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(of).map(([subscription, generations]) => (
            <tr key={subscription}>
              <th scope="row">{subscription}</th>
              <td className={tables.end}>{generations.live}</td>
              <td className={tables.end}>{generations.filling ?? '–'}</td>
              <td className={tables.end}>{generations.previous ?? '–'}</td>
              <td>{made(generations)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  )
}
