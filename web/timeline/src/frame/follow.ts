/** Links that stay on the page. */
import type { MouseEvent } from 'react'
import { address, go } from '../url/location'

export function hrefTo(path: string, query: Readonly<Record<string, string>> = {}): string {
  return address({ path, query: new URLSearchParams(query), fragment: '' })
}

/** A plain click stays on the page; a new tab and the like are the browser's. */
export function follow(event: MouseEvent, path: string, query: Readonly<Record<string, string>> = {}): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  go(path, query)
}
