// Before the components' styles, which build on it.
import './styles/base.css'
import { lazy, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { Shop } from './shop/Shop'

/** Fetched where it is shown: the shop is what most come for. */
const Compare = lazy(() => import('./compare/Compare').then(({ Compare }) => ({ default: Compare })))

const root = document.getElementById('root')
if (root) {
  const compares = /\/compare\/?$/.test(location.pathname)
  if (compares) document.title = 'Two carts, the same clicks · Tillroll Provisions'
  createRoot(root).render(
    <StrictMode>
      <Suspense fallback={null}>{compares ? <Compare /> : <Shop />}</Suspense>
    </StrictMode>,
  )
}
