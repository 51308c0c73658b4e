/** Of which cart it is asked, how the events behind the first edit are taken, and the result as a file. */
import type { WhatIfEdit, WhatIfMode } from '@tillroll/cart'
import type { Base } from '../files/base'
import { SaveButtons } from '../files/SaveButtons'
import { baseOf } from '../files/write'
import type { Asked } from './useAsked'
import styles from './WhatIf.module.css'
import { MODES } from './words'

export function Heading({ asked: { base, edits, mode, setMode, pair } }: { readonly asked: Asked }) {
  return (
    <header className={styles.header}>
      <h2 className={styles.id}>
        What if, of <code>{base.cart}</code>
        {base.from !== 'server' && (
          <span className={styles.source}>{base.from === 'file' ? base.name : 'from the link'}</span>
        )}
      </h2>
      <fieldset className={styles.modes}>
        <legend className={styles.legend}>Events behind the first edit</legend>
        {(['decide_again', 'as_it_is'] as const).map((one) => (
          <label key={one} className={styles.mode}>
            <input type="radio" name="mode" checked={one === mode} onChange={() => setMode(one)} />
            {MODES[one].name}
          </label>
        ))}
      </fieldset>
      <p className={styles.about}>{MODES[mode].about}</p>
      {pair && (
        <SaveButtons
          what={edits.length === 0 ? 'cart' : 'fork'}
          name={edits.length === 0 ? base.cart : `${base.cart}.what-if`}
          base={() => (edits.length === 0 ? base : baseOf(pair.told.packed, headerOf(base, mode, edits)))}
        />
      )}
    </header>
  )
}

function headerOf(base: Base, mode: WhatIfMode, edits: readonly WhatIfEdit[]): Base['header'] {
  return { ...base.header, hypothetical: { mode, recorded_version: base.timeline.length, edits } }
}
