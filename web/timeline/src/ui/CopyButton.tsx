import { useEffect, useState } from 'react'
import { copy } from './copy'
import type { SignName } from './Sign'
import { ToolButton } from './ToolButton'

/** How long the sign says that it was done. */
const DONE_MS = 1_500

/** Copies a text; asked for only when it is wanted. */
export function CopyButton({
  what,
  word,
  sign = 'copy',
  text,
}: {
  what: string
  word?: string
  sign?: SignName
  text: () => string | Promise<string>
}) {
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return
    const over = setTimeout(() => setDone(false), DONE_MS)
    return () => clearTimeout(over)
  }, [done])
  const act = async () => {
    await copy(await text(), what)
    setDone(true)
  }
  return <ToolButton label={`Copy ${what}`} sign={done ? 'check' : sign} {...(word ? { word } : {})} onClick={act} />
}
