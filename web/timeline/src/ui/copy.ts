import { announce } from '@tillroll/storefront/ui/announce'

/** Puts a text on the clipboard and says so. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    announce(`${what} copied`)
  } catch {
    announce(`${what} could not be copied: the browser does not let this page write to the clipboard`)
  }
}
