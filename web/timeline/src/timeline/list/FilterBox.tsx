/** Looks for events by words and tokens. What is typed holds for list, slider, keys and band alike. */
import { useEffect, useRef, useState } from 'react'
import { parseFilter, type Token, written } from '../../history/filter'
import { SearchField } from '../../ui/SearchField'
import { useModel } from '../model'
import styles from './FilterBox.module.css'

/** Typing is not interrupted by looking. */
const SETTLES_MS = 180
/** What the field's id is, for the key that leads there. */
export const FILTER_FIELD = 'timeline-filter'

const OFFERED: readonly { readonly word: string; readonly token: string }[] = [
  { word: 'Refused', token: 'is:refused' },
  { word: 'Changed nothing', token: 'is:unchanged' },
  { word: 'Items', token: 'type:item' },
  { word: 'Discounts', token: 'type:discount' },
]

export function FilterBox() {
  const { filter, setFilter, places, known, refusals, filtering } = useModel()
  const [typed, setTyped] = useState(filter)
  const said = useRef(filter)
  useEffect(() => {
    // The address moved by itself: back, a link, a token that was taken away.
    if (filter !== said.current) setTyped(filter)
    said.current = filter
  }, [filter])
  useEffect(() => {
    if (typed === said.current) return
    const settled = setTimeout(() => {
      said.current = typed
      setFilter(typed)
    }, SETTLES_MS)
    return () => clearTimeout(settled)
  })
  const tokens = parseFilter(filter)
  const set = (next: readonly string[]) => {
    setTyped(next.join(' '))
    setFilter(next.join(' '))
  }
  const without = (nth: number) => set(tokens.filter((_, other) => other !== nth).map(written))
  const turned = (nth: number) =>
    set(tokens.map((one, other) => written(other === nth ? { ...one, not: !one.not } : one)))
  return (
    <div className={styles.filter}>
      <SearchField
        id={FILTER_FIELD}
        label="Filter events"
        size="small"
        placeholder="Filter: words, type: actor: sku: is:  −not"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          event.currentTarget.blur()
        }}
      >
        <output className={styles.count} aria-live="polite">
          {filtering ? 'looking…' : tokens.length > 0 ? `${places.count} of ${known.length + refusals.all.length}` : ''}
        </output>
      </SearchField>
      <div className={styles.tokens}>
        {tokens.map((token, nth) => (
          <Chip key={written(token)} token={token} onTurn={() => turned(nth)} onRemove={() => without(nth)} />
        ))}
        {tokens.length === 0 &&
          OFFERED.map(({ word, token }) => (
            <button key={token} type="button" className={styles.offer} onClick={() => set([token])}>
              {word}
            </button>
          ))}
      </div>
    </div>
  )
}

function Chip({ token, onTurn, onRemove }: { token: Token; onTurn: () => void; onRemove: () => void }) {
  const word = written({ ...token, not: false })
  return (
    <span className={styles.chip} data-not={token.not || undefined}>
      <button type="button" title={token.not ? 'Show these' : 'Show all but these'} onClick={onTurn}>
        {token.not ? 'not ' : ''}
        <bdi>{word}</bdi>
      </button>
      <button type="button" aria-label={`Take away the filter ${word}`} onClick={onRemove}>
        ×
      </button>
    </span>
  )
}
