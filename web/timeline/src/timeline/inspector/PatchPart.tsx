/** The difference as JSON Patch, for whoever wants to go on with it elsewhere: made when it is looked at. */
import { useState } from 'react'
import { useLatest } from '../../history/latest'
import { CopyButton } from '../../ui/CopyButton'
import { masked, pretty } from '../masked'
import { useModel } from '../model'
import styles from './Inspector.module.css'
import { patchOf } from './patch'

export function PatchPart({ from, to }: { readonly from: number; readonly to: number }) {
  const [open, setOpen] = useState(false)
  return (
    <details className={styles.patch} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>JSON Patch</summary>
      {open && <Patch from={from} to={to} />}
    </details>
  )
}

function Patch({ from, to }: { readonly from: number; readonly to: number }) {
  const { history, known, shown } = useModel()
  const name = `${from} ${to} ${Math.min(known.length, Math.max(from, to))}`
  const { last, fresh } = useLatest([from, to] as const, name, async ([from, to]) => {
    const [before, after] = await Promise.all([
      history.ask('moment', { version: from }),
      history.ask('moment', { version: to }),
    ])
    return [before.cart, after.cart] as const
  })
  if (!last || !fresh) return null
  const [before, after] = last.answer
  const text = () => pretty(patchOf(masked(before, shown), masked(after, shown)))
  return (
    <>
      <div className={styles.heading}>
        <p className={styles.hint}>
          Makes version {to} of version {from}, as <code>GET /carts</code> writes them.
        </p>
        <CopyButton what="JSON Patch" text={text} />
      </div>
      <pre className={styles.json}>{text()}</pre>
    </>
  )
}
