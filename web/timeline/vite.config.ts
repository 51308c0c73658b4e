import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compressed } from '../tools/compressed'

/** Where `tillroll dev` answers while the debugger itself comes from Vite. */
const API = process.env.TILLROLL_URL ?? 'http://127.0.0.1:7070'
const ROUTES = ['/carts', '/catalogue', '/dead-letters', '/events', '/operations', '/parked', '/pipeline', '/replays']

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
