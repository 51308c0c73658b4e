import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Compare } from './compare/Compare'
import './styles/base.css'

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Compare />
    </StrictMode>,
  )
}
