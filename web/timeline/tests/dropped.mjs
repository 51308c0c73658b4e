// Files as a person gives them to the page, and takes them from it.
import { join } from 'node:path'

/**
 * Lets go of a file over the page.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {Uint8Array} bytes
 */
export const drop = async (page, name, bytes) => {
  const data = await page.evaluateHandle(
    ([name, text]) => {
      const bytes = Uint8Array.from(atob(String(text)), (letter) => letter.charCodeAt(0))
      const carried = new DataTransfer()
      carried.items.add(new File([bytes], String(name)))
      return carried
    },
    [name, Buffer.from(bytes).toString('base64')],
  )
  await page.dispatchEvent('body', 'dragover', { dataTransfer: data })
  await page.dispatchEvent('body', 'drop', { dataTransfer: data })
}

/**
 * Presses a button that gives a file; gives where it is now.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} button
 * @param {string} to the folder
 */
export const saved = async (page, button, to) => {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button, exact: true }).click(),
  ])
  const path = join(to, download.suggestedFilename())
  await download.saveAs(path)
  return path
}
