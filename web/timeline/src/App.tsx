/** Which screen an address means. Each is fetched when it is first shown. */
import { useStore } from '@tillroll/storefront/ui/store'
import { type ComponentType, lazy, Suspense } from 'react'
import { Frame } from './frame/Frame'
import { SCREENS, type Screen } from './frame/screens'
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
  return <p>There is no such page here. The rail on the left leads to all there are.</p>
}
