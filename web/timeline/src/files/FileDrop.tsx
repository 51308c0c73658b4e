/** A timeline file that is dropped anywhere on the page is opened. No server is asked, and nothing leaves the page. */
import { announce, announceAtOnce } from '@tillroll/storefront/ui/announce'
import { Button } from '@tillroll/storefront/ui/Button'
import { useEffect, useState } from 'react'
import { go } from '../url/location'
import { opened } from './base'
import styles from './FileDrop.module.css'
import { readFile } from './read'

export function FileDrop() {
  const [over, setOver] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const dragged = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(true)
    }
    const left = (event: DragEvent) => event.relatedTarget === null && setOver(false)
    const dropped = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(false)
      const file = event.dataTransfer?.files[0]
      if (file) void openFile(file, setWrong)
    }
    document.addEventListener('dragover', dragged)
    document.addEventListener('dragleave', left)
    document.addEventListener('drop', dropped)
    return () => {
      document.removeEventListener('dragover', dragged)
      document.removeEventListener('dragleave', left)
      document.removeEventListener('drop', dropped)
    }
  }, [])
  return (
    <>
      {over && <div className={styles.over}>Drop it: a timeline file opens here, and stays here</div>}
      {wrong && (
        <div className={styles.wrong}>
          <p>{wrong}</p>
          <Button look="quiet" onClick={() => setWrong(null)}>
            Close
          </Button>
        </div>
      )}
    </>
  )
}

/** Opens a file and shows its life. */
export async function openFile(file: File, failed: (why: string | null) => void): Promise<void> {
  try {
    opened.set(await readFile(file))
    failed(null)
    announce(`${file.name} is open`)
    go('file')
  } catch (thrown) {
    const why = `${file.name} was not opened. ${thrown instanceof Error ? thrown.message : String(thrown)}`
    failed(why)
    announceAtOnce(why)
  }
}
