import { readFileSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** Puts what a browser would be sent, compressed once and as small as it gets, beside each file of a build. */
export function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir }) {
      if (!dir) return
      for (const name of await readdir(dir, { recursive: true })) {
        const path = join(dir, name)
        if (/\.(js|css|svg|wasm|html)$/.test(name)) writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path)))
      }
    },
  }
}
