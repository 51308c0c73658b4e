/** Whose carts these are: nobody may take production for the machine on the desk. */
import { useStore } from '@tillroll/storefront/ui/store'
import { build } from './build'
import styles from './Environment.module.css'

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

export function Environment() {
  const known = useStore(build)
  const { hostname } = location
  const here = LOOPBACK.test(hostname)
  const rules = known ? `Tillroll ${known.version}, rules ${known.reducer}` : 'The server has not said what it is yet'
  return (
    <span className={styles.badge} data-environment={here ? 'local' : 'production'} title={rules}>
      {here ? 'This machine' : hostname}
    </span>
  )
}
