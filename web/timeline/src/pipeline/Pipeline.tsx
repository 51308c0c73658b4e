/** How far each stage has come, and whether everything arrived. */
import { useWatched } from '../watch/poll'
import { Screen } from '../watch/Screen'
import { Age, Watching } from '../watch/Watching'
import type { Pipeline as Seen } from '../watch/wire'
import { Flow } from './Flow'
import { remember } from './history'
import { LagChart } from './LagChart'
import { Met } from './Met'
import { Reconciliation } from './Reconciliation'

const EVERY_MS = 5_000

export default function Pipeline() {
  const pipeline = useWatched<Seen>('/pipeline', EVERY_MS, remember)
  return (
    <Screen title="Pipeline" said={<Age of={pipeline} />}>
      <Watching of={pipeline} what="the pipeline">
        {(seen) => (
          <>
            <Flow of={seen} />
            <LagChart stages={seen.stages} />
            <Reconciliation />
            <Met projections={seen.projections} />
          </>
        )}
      </Watching>
    </Screen>
  )
}
