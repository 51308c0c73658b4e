import { useStore } from '@tillroll/storefront/ui/store'
import { chooseZone, type Zone, zone } from '../clock/zone'
import styles from './ZoneSwitch.module.css'

const WORDS = { utc: 'UTC', local: 'Local', relative: 'Relative' } as const satisfies Record<Zone, string>
const ZONES = Object.keys(WORDS) as readonly Zone[]

/** How every moment on the page is written. */
export function ZoneSwitch() {
  const chosen = useStore(zone)
  return (
    <fieldset className={styles.zones}>
      <legend className={styles.legend}>Times</legend>
      {ZONES.map((one) => (
        <label key={one} className={styles.zone}>
          <input type="radio" name="zone" checked={one === chosen} onChange={() => chooseZone(one)} />
          {WORDS[one]}
        </label>
      ))}
    </fieldset>
  )
}
