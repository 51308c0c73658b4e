import { readFileSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Where `tillroll dev` answers while the debugger itself comes from Vite. */
const API = process.env.TILLROLL_URL ?? 'http://127.0.0.1:7070'
const ROUTES = ['/carts', '/catalogue', '/dead-letters', '/events', '/operations', '/parked', '/pipeline', '/replays']

/** Puts what a browser would be sent, compressed once and as small as it gets, beside each file. */
function compressed(): Plugin {
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

export default defineConfig({
  base: '/timeline/',
  plugins: [react(), compressed()],
  worker: { format: 'es' },
  build: {
    // `light-dark()` stays as it is written.
    cssTarget: 'chrome123',
    // Everything is a file: the policy holds without exceptions for data addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: Object.fromEntries([...ROUTES, '/verify', '/version', '/readyz'].map((route) => [route, API])) },
})
