/** The cart at the moment one looks at, from four sides. */

import { CopyButton } from '../../ui/CopyButton'
import { Notice } from '../../ui/Notice'
import { Tabs } from '../../ui/Tabs'
import { oneOf, useWord } from '../../url/word'
import { useMoment } from '../MomentOf'
import { masked, pretty } from '../masked'
import { useModel } from '../model'
import { Lines } from './Lines'
import { Shopper } from './Shopper'
import styles from './StatePart.module.css'
import { Tree } from './Tree'

const WORDS = { shopper: 'As the shopper saw it', lines: 'Lines and totals', tree: 'Tree', raw: 'Raw' } as const
type Side = keyof typeof WORDS
const SIDES = oneOf(...(Object.keys(WORDS) as Side[]))

export function StatePart() {
  const { version, shown } = useModel()
  const { moment, error } = useMoment()
  const [side, setSide] = useWord<Side>('state', SIDES, 'shopper')
  const cart = moment?.cart ?? null
  const raw = () => pretty(masked(cart, shown))
  return (
    <Tabs
      label="State"
      words={WORDS}
      shown={side}
      onShow={setSide}
      aside={cart && <CopyButton what="state" text={raw} />}
    >
      <div className={styles.state} data-version={moment?.version ?? ''} aria-busy={moment?.version !== version}>
        {error ? (
          <Notice kind="wrong" title="This moment cannot be folded">
            {error}
          </Notice>
        ) : !moment ? null : cart === null ? (
          <Notice title="There is no cart yet">It is opened by the first event.</Notice>
        ) : (
          <>
            {cart.unknown_events > 0 && (
              <p className={styles.unknown}>
                {cart.unknown_events === 1 ? 'One event' : `${cart.unknown_events} events`} up to here have names that
                this build does not know. They were not folded, so this may not be what the shopper saw.
              </p>
            )}
            <Shown side={side} raw={raw} />
          </>
        )}
      </div>
    </Tabs>
  )
}

function Shown({ side, raw }: { readonly side: Side; readonly raw: () => string }) {
  switch (side) {
    case 'shopper':
      return <Shopper />
    case 'lines':
      return <Lines />
    case 'tree':
      return <Tree />
    case 'raw':
      return <pre className={styles.raw}>{raw()}</pre>
    default:
      return side satisfies never
  }
}
