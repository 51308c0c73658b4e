/** Replays: a new one, the newest ones, or one alone, by its address. */
import { Button } from '@tillroll/storefront/ui/Button'
import { useStore } from '@tillroll/storefront/ui/store'
import { useState } from 'react'
import { Notice } from '../ui/Notice'
import { go, place } from '../url/location'
import { useWatched } from '../watch/poll'
import { Part, Screen } from '../watch/Screen'
import { Age, Watching } from '../watch/Watching'
import { Generations } from './Generations'
import { NewReplay } from './NewReplay'
import { Run } from './Run'
import { RunList, runPath } from './RunList'
import type { RunPage } from './wire'

const EVERY_MS = 3_000

export default function Replays() {
  const { path } = useStore(place)
  const id = decodeURIComponent(path.split('/')[1] ?? '')
  return id === '' ? <List /> : <Run key={id} id={id} />
}

function List() {
  const page = useWatched<RunPage>('/replays', EVERY_MS)
  const [making, setMaking] = useState(false)
  return (
    <Screen
      title="Replays"
      said={<Age of={page} />}
      actions={
        <Button look="main" onClick={() => setMaking(true)}>
          New replay
        </Button>
      }
    >
      <Watching of={page} what="the replays">
        {({ replays, generations }) => (
          <>
            {replays.length === 0 ? (
              <Notice title="Nothing was replayed yet">
                A replay makes the rows of a subscription anew from the archive, beside the ones that serve, and then
                changes over. Whoever reads them notices nothing.
              </Notice>
            ) : (
              <RunList runs={replays} />
            )}
            <Part title="Generations" said="Each subscription reads one set of rows; a replay fills the next.">
              <Generations of={generations} />
            </Part>
          </>
        )}
      </Watching>
      {making && (
        <NewReplay
          onClose={() => setMaking(false)}
          onStarted={(run) => {
            setMaking(false)
            go(runPath(run.id))
          }}
        />
      )}
    </Screen>
  )
}
