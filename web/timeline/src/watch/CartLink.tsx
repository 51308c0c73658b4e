/** The way to a cart, at a version if there is one. */
import { follow, hrefTo } from '../frame/follow'
import { cartPath } from '../frame/screens'
import styles from './watch.module.css'

interface CartLinkProps {
  readonly cart: string
  readonly version?: number | undefined
  /** Only the beginning and the end of the id are in sight. */
  readonly short?: boolean
}

export function CartLink({ cart, version, short = false }: CartLinkProps) {
  const query: Record<string, string> = version === undefined ? {} : { v: String(version) }
  const path = cartPath(cart)
  return (
    <a
      className={styles.cart}
      href={hrefTo(path, query)}
      title={short ? cart : undefined}
      onClick={(event) => follow(event, path, query)}
    >
      {short ? shortId(cart) : cart}
      {version !== undefined && <span className={styles.version}>@{version}</span>}
    </a>
  )
}

/** An id cut in the middle: people compare its ends. */
export function shortId(id: string): string {
  return id.length > 18 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id
}
