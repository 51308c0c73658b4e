/** The link to what is shown. That of a file carries the file, or else it is none. */
import { announce } from '@tillroll/storefront/ui/announce'
import { copy } from '../ui/copy'
import { link, place } from '../url/location'

/** Whether the address leads somebody else to the same. */
export function leadsHere(): boolean {
  const { path, fragment } = place.get()
  return !/^(file|whatif)$/.test(path) || new URLSearchParams(fragment).has('h')
}

/** Copies the link, or says why there is none. */
export async function copyLink(): Promise<void> {
  if (leadsHere()) await copy(link(), 'Link')
  else announce('This history is too large for a link: save it as a file')
}
