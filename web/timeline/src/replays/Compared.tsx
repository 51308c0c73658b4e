/** Whether what a run made agrees with the event table: what a verification since then says. */
import { Button } from '@tillroll/storefront/ui/Button'
import { moment } from '../clock/zone'
import { follow, hrefTo } from '../frame/follow'
import { useVerification } from '../pipeline/useVerification'
import { isOver } from '../pipeline/verification'
import { Badge } from '../watch/Badge'
import { useClock } from '../watch/now'
import { Part } from '../watch/Screen'
import type { Run } from '../watch/wire'
import { counted, read } from '../watch/words'
import styles from './Replays.module.css'

export function Compared({ run }: { readonly run: Run }) {
  const { newest, error, busy, failed, begin } = useVerification()
  const clock = useClock()
  const ended = read(run.finished_at) ?? 0
  const since = newest !== null && isOver(newest) && Date.parse(newest.started_at) >= ended ? newest : null
  const underWay = busy || (newest !== null && !isOver(newest))
  const of = (since?.summary ?? []).filter(({ hop }) => hop === run.subscription)
  const differences = of.reduce((sum, { findings }) => sum + findings, 0)
  const wrong = failed ?? (error?.status === 404 ? null : error)
  return (
    <Part
      title="Result, compared with the event table"
      said={since?.finished_at ? `Verified ${moment(Date.parse(since.finished_at), clock)}.` : undefined}
      actions={
        <Button disabled={underWay} onClick={() => void begin()}>
          {underWay ? 'Comparing…' : since ? 'Compare again' : 'Compare now'}
        </Button>
      }
    >
      {wrong && <p className={styles.wrong}>{wrong.message}</p>}
      {since === null ? (
        <p className={styles.quiet}>
          {underWay ? 'Every row is compared with a fold of its events.' : 'Nothing was verified since the run ended.'}
        </p>
      ) : (
        <p className={styles.verdict}>
          {since.phase === 'failed' ? (
            <Badge tone="wrong">{since.error ?? 'It broke off'}</Badge>
          ) : (
            <Badge tone={differences === 0 ? 'good' : 'wrong'}>
              {differences === 0 ? `Every row of ${run.subscription} agrees` : counted(differences, 'difference')}
            </Badge>
          )}
          <span className={styles.quiet}>
            {counted(since.events ?? 0, 'event')} of {counted(since.carts ?? 0, 'cart')}
          </span>
          <a href={hrefTo('pipeline')} onClick={(event) => follow(event, 'pipeline')}>
            All of the verification
          </a>
        </p>
      )}
    </Part>
  )
}
