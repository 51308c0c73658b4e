/** Which screen an address means. Each is fetched when it is first shown. */
import { useStore } from '@tillroll/storefront/ui/store'
import { type ComponentType, lazy, Suspense } from 'react'
import { FileDrop } from './files/FileDrop'
import { Frame } from './frame/Frame'
import { SCREENS, type Screen } from './frame/screens'
import { Notice } from './ui/Notice'
import { place } from './url/location'

export function App() {
  const { path } = useStore(place)
  const screen = SCREENS.find(({ matches }) => matches.test(path))
  const Shown = screen ? shown(screen) : NotHere
  return (
    <Frame screen={screen ?? null}>
      <Suspense fallback={null}>
        <Shown key={screen?.name ?? 'none'} />
      </Suspense>
      <FileDrop />
    </Frame>
  )
}

const fetched = new Map<Screen, ComponentType>()

function shown(screen: Screen): ComponentType {
  const known = fetched.get(screen)
  if (known) return known
  const made = lazy(screen.load)
  fetched.set(screen, made)
  return made
}

function NotHere() {
  return <Notice title="There is no such page">The rail leads to all there are.</Notice>
}
