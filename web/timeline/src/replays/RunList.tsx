/** The newest runs, each with how far it is. */
import { duration, moment } from '../clock/zone'
import { follow, hrefTo } from '../frame/follow'
import { Badge } from '../watch/Badge'
import { shortId } from '../watch/CartLink'
import { useClock } from '../watch/now'
import { Scroller } from '../watch/Scroller'
import tables from '../watch/tables.module.css'
import type { Run } from '../watch/wire'
import { Bar } from './Bar'
import { isOver, pace, stateOf, TARGETS, worked } from './progress'

export function runPath(id: string): string {
  return `replays/${encodeURIComponent(id)}`
}

export function RunList({ runs }: { readonly runs: readonly Run[] }) {
  const clock = useClock()
  return (
    <Scroller>
      <table className={tables.table}>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Subscription</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col">Pace</th>
            <th scope="col">Started</th>
            <th scope="col" className={tables.end}>
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => {
            const { tone, word } = stateOf(run)
            return (
              <tr key={run.id}>
                <th scope="row">
                  <a href={hrefTo(runPath(run.id))} title={run.id} onClick={(event) => follow(event, runPath(run.id))}>
                    {shortId(run.id)}
                  </a>
                </th>
                <td>
                  {run.subscription} <span className={tables.quiet}>{TARGETS[run.target]}</span>
                </td>
                <td>
                  <Badge tone={tone}>{word}</Badge>
                </td>
                <td>
                  <Bar run={run} />
                </td>
                <td>{isOver(run) ? '–' : pace(run)}</td>
                <td>{moment(Date.parse(run.started_at), clock)}</td>
                <td className={tables.end}>{duration(worked(run, clock.now))}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </Scroller>
  )
}
