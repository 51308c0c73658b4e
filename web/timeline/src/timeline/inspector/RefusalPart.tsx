/** A command that was refused: what was asked, why not, and on which cart that was judged. */
import { moment } from '../../clock/zone'
import { CopyButton } from '../../ui/CopyButton'
import { masked, maskedText, pretty } from '../masked'
import { useModel } from '../model'
import type { Refusal } from '../refusals'
import { refusalSentence } from '../sentences'
import { Facts } from './Facts'
import styles from './Inspector.module.css'

export function RefusalPart({ refusal }: { readonly refusal: Refusal }) {
  const { clock, shown } = useModel()
  const raw = () => pretty(masked(refusal, shown))
  return (
    <article className={styles.side}>
      <h3 className={styles.sentence} data-refused="">
        <bdi>{refusalSentence(refusal)}</bdi>
      </h3>
      <p className={styles.hint}>
        It was judged against the state that is shown: version {refusal.version}. Nothing followed from it.
      </p>
      <Facts
        facts={[
          ['Asked for', <code key="type">{refusal.type}</code>],
          ['Reason', <code key="code">{refusal.code}</code>],
          ['When', moment(Date.parse(refusal.time), clock)],
          ['Actor', maskedText(refusal.actor, shown)],
          ['Command', <code key="id">{refusal.command_id}</code>],
        ]}
      />
      <div className={styles.heading}>
        <h4>As it was kept</h4>
        <CopyButton what="refusal" text={raw} />
      </div>
      <pre className={styles.json}>{raw()}</pre>
    </article>
  )
}
