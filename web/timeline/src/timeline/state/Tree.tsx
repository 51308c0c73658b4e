/** The state field by field: what changed stands out, words are looked for in keys and values, and a field can be picked. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { VisuallyHidden } from '@tillroll/storefront/ui/VisuallyHidden'
import { type KeyboardEvent, useId, useMemo, useRef, useState } from 'react'
import { useMoment } from '../MomentOf'
import { masked } from '../masked'
import { useModel } from '../model'
import { fieldsOf, type Node, nodesOf } from './nodes'
import styles from './Tree.module.css'

const ROW_PX = 26

export function Tree() {
  const { shown, field, setField } = useModel()
  const { moment } = useMoment()
  const [sought, setSought] = useState('')
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set())
  const [at, setAt] = useState('')
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const cart = moment?.cart ?? null
  const nodes = useMemo(() => {
    if (!cart) return []
    return nodesOf(masked(fieldsOf(cart), shown) as Record<string, unknown>, moment?.changes ?? [], turned, sought)
  }, [cart, moment, shown, turned, sought])
  const rows = useVirtualizer({
    count: nodes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 6,
  })
  const active = Math.max(
    0,
    nodes.findIndex(({ path }) => path === at),
  )

  const go = (to: number) => {
    const node = nodes[Math.min(nodes.length - 1, Math.max(0, to))]
    if (!node) return
    setAt(node.path)
    rows.scrollToIndex(nodes.indexOf(node), { align: 'auto' })
  }
  const turn = ({ path }: Node) => {
    setTurned((now) => {
      const next = new Set(now)
      if (!next.delete(path)) next.add(path)
      return next
    })
  }
  const keys = (event: KeyboardEvent) => {
    const node = nodes[active]
    const held = event.ctrlKey || event.metaKey || event.shiftKey
    if (node && !held && act(event.key, { nodes, active, node, go, turn, setField })) event.preventDefault()
  }
  return (
    <div className={styles.part}>
      <label className={styles.search}>
        <VisuallyHidden>Search the state</VisuallyHidden>
        <input
          type="search"
          placeholder="Search keys and values"
          value={sought}
          onChange={(event) => setSought(event.currentTarget.value)}
        />
      </label>
      <div
        ref={scroller}
        role="tree"
        aria-label="State"
        tabIndex={0}
        aria-activedescendant={nodes[active] ? `${id}-${active}` : undefined}
        className={styles.tree}
        onKeyDown={keys}
      >
        <div role="none" className={styles.body} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const node = nodes[index]
            return node ? (
              <Field
                key={node.path}
                id={`${id}-${index}`}
                node={node}
                start={start}
                active={index === active}
                picked={node.path === field}
                onPick={() => {
                  setAt(node.path)
                  if (node.branch) turn(node)
                  else setField(node.path === field ? null : node.path)
                }}
              />
            ) : null
          })}
        </div>
        {nodes.length === 0 && <p className={styles.empty}>Nothing in the state says that.</p>}
      </div>
    </div>
  )
}

interface Acting {
  readonly nodes: readonly Node[]
  readonly active: number
  readonly node: Node
  readonly go: (to: number) => void
  readonly turn: (node: Node) => void
  readonly setField: (path: string) => void
}

/** As the ARIA practices have it for trees; false for a key that does nothing here. */
function act(key: string, { nodes, active, node, go, turn, setField }: Acting): boolean {
  const parent = nodes.findLastIndex((one, nth) => nth < active && one.level < node.level)
  switch (key) {
    case 'ArrowDown':
      go(active + 1)
      return true
    case 'ArrowUp':
      go(active - 1)
      return true
    case 'Home':
      go(0)
      return true
    case 'End':
      go(nodes.length - 1)
      return true
    case 'ArrowRight':
      if (node.branch && !node.open) turn(node)
      else if (node.branch) go(active + 1)
      return true
    case 'ArrowLeft':
      if (node.open) turn(node)
      else if (parent >= 0) go(parent)
      return true
    case 'Enter':
      if (node.branch) turn(node)
      else setField(node.path)
      return true
    case ' ':
      setField(node.path)
      return true
    default:
      return false
  }
}

interface FieldProps {
  readonly id: string
  readonly node: Node
  readonly start: number
  readonly active: boolean
  readonly picked: boolean
  readonly onPick: () => void
}

function Field({ id, node, start, active, picked, onPick }: FieldProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the tree has the focus and listens to keys.
    <div
      id={id}
      role="treeitem"
      aria-level={node.level}
      aria-setsize={node.of}
      aria-posinset={node.place}
      aria-expanded={node.branch ? node.open : undefined}
      aria-selected={picked}
      className={styles.field}
      data-active={active || undefined}
      data-changed={node.changed || undefined}
      style={{ height: ROW_PX, transform: `translateY(${start}px)`, paddingInlineStart: `${node.level - 0.25}rem` }}
      onClick={onPick}
    >
      <span className={styles.arrow} aria-hidden="true">
        {node.branch ? (node.open ? '▾' : '▸') : ''}
      </span>
      <bdi className={styles.name}>{node.name}</bdi>
      {node.text !== null && <bdi className={styles.value}>{node.text}</bdi>}
      {node.changed && !node.branch && <span className={styles.changed}>changed</span>}
    </div>
  )
}
