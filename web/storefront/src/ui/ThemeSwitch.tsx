import { IconButton } from './Button'
import { Icon } from './Icon'
import { useStore } from './store'
import { chooseTheme, type Theme, theme } from './theme'

const NEXT = { system: 'light', light: 'dark', dark: 'system' } as const satisfies Record<Theme, Theme>
const WORD = { system: 'as the system', light: 'light', dark: 'dark' } as const satisfies Record<Theme, string>
const SIGN = { system: 'half', light: 'sun', dark: 'moon' } as const

/** Goes round: as the system, light, dark. */
export function ThemeSwitch() {
  const now = useStore(theme)
  return (
    <IconButton label={`Colours: ${WORD[now]}. Change to ${WORD[NEXT[now]]}`} onClick={() => chooseTheme(NEXT[now])}>
      <Icon name={SIGN[now]} />
    </IconButton>
  )
}
