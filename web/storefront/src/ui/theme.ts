import { store } from './store'

export type Theme = 'system' | 'light' | 'dark'

/** Where `public/theme.js`, which runs before the first paint, looks too. */
const KEY = 'tillroll.theme'

function chosen(): Theme {
  const theme = document.documentElement.dataset.theme
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

export const theme = store<Theme>(chosen())

export function chooseTheme(next: Theme): void {
  theme.set(next)
  if (next === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = next
  try {
    localStorage.setItem(KEY, next)
  } catch {
    // Without storage the choice holds until the page is left.
  }
}
