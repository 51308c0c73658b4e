import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compressed } from '../tools/compressed'

/** Where `tillroll dev` answers while the shop itself comes from Vite. */
const API = process.env.TILLROLL_URL ?? 'http://127.0.0.1:7070'

export default defineConfig({
  base: '/shop/',
  plugins: [react(), compressed()],
  build: {
    // `light-dark()` stays as it is written.
    cssTarget: 'chrome123',
    // Everything is a file: `style-src 'self'` and `img-src 'self'` hold without exceptions for data addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/carts': API, '/catalogue': API, '/version': API } },
})
