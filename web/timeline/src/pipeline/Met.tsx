/** What the projectors have met: doubles and disorder are no faults here, they are counted. */
import { formatCount } from '@tillroll/storefront/shared/money'
import { Part } from '../watch/Screen'
import { Scroller } from '../watch/Scroller'
import tables from '../watch/tables.module.css'
import type { Projected } from '../watch/wire'

const COLUMNS = [
  ['applied', 'Events applied'],
  ['duplicates', 'Double: batches dropped'],
  ['gaps_filled', 'Disorder: gaps read from the table'],
  ['parked', 'Times parked'],
  ['held', 'Held back for a parked cart'],
  ['gone', 'For a generation that is gone'],
  ['foreign', 'Not ours'],
  ['unreadable', 'Unreadable'],
] as const satisfies readonly (readonly [Exclude<keyof Projected, 'subscription'>, string])[]

export function Met({ projections }: { readonly projections: readonly Projected[] }) {
  if (projections.length === 0) return null
  return (
    <Part title="What the projections met" said="Since the server's process began.">
      <Scroller>
        <table className={tables.table}>
          <thead>
            <tr>
              <th scope="col">Projection</th>
              {COLUMNS.map(([name, title]) => (
                <th key={name} scope="col" className={tables.end}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {projections.map((of) => (
              <tr key={of.subscription}>
                <th scope="row">{of.subscription}</th>
                {COLUMNS.map(([name]) => (
                  <td key={name} className={`${tables.end} ${of[name] === 0 ? tables.nought : ''}`}>
                    {formatCount(of[name])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </Part>
  )
}
