/** A question as the address has it: the edits lie in the fragment, which is not sent to any server. */
import type { WhatIfEdit, WhatIfMode } from '@tillroll/cart'
import { fromBase64Url, toBase64Url } from '../files/base64url'
import { go, place } from '../url/location'
import { oneOf } from '../url/word'

export const MODE = oneOf('decide_again', 'as_it_is')
export const MODE_FIRST: WhatIfMode = 'decide_again'

const KINDS: readonly string[] = ['fork', 'drop', 'replace', 'move', 'insert', 'issue'] satisfies WhatIfEdit['edit'][]

/** The edits in a fragment; what makes no sense there is none. What is wrong inside of an edit, the core says. */
export function editsOf(fragment: string): readonly WhatIfEdit[] {
  const packed = new URLSearchParams(fragment).get('e')
  if (!packed) return NONE
  try {
    const given: unknown = JSON.parse(new TextDecoder().decode(fromBase64Url(packed)))
    return Array.isArray(given) ? given.filter(isEdit) : NONE
  } catch {
    return NONE
  }
}

const NONE: readonly WhatIfEdit[] = []

function isEdit(given: unknown): given is WhatIfEdit {
  return typeof given === 'object' && given !== null && 'edit' in given && KINDS.includes(String(given.edit))
}

/** Puts other edits into the address; back leads to those before. */
export function setEdits(edits: readonly WhatIfEdit[]): void {
  const { path, query, fragment } = place.get()
  go(path, Object.fromEntries(query), withEdits(fragment, edits))
}

/** A fragment with these edits in it. */
export function withEdits(fragment: string, edits: readonly WhatIfEdit[]): string {
  const words = new URLSearchParams(fragment)
  if (edits.length === 0) words.delete('e')
  else words.set('e', toBase64Url(new TextEncoder().encode(JSON.stringify(edits))))
  return words.toString()
}
