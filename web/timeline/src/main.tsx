// Before the components' styles, which build on it.
import '@tillroll/storefront/styles/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import { startListening } from './keys/keys'

const root = document.getElementById('root')
if (root) {
  startListening()
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
