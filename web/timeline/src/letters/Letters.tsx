/** What was given up and what stands still: why, what would become of it now, and how it goes on. */
import { Button } from '@tillroll/storefront/ui/Button'
import { useState } from 'react'
import { Notice } from '../ui/Notice'
import { text, useWord } from '../url/word'
import { Operations } from '../watch/Operations'
import { Part, Screen } from '../watch/Screen'
import { Age, Watching } from '../watch/Watching'
import { counted, SUBSCRIPTIONS } from '../watch/words'
import { Groups } from './Groups'
import { LetterDrawer } from './LetterDrawer'
import styles from './Letters.module.css'
import { Parked } from './Parked'
import { type Redrive, RedriveDialog } from './RedriveDialog'
import { SHOWN_MAX, useLetters } from './useLetters'

export default function Letters() {
  const [wanted, setWanted] = useWord('subscription', text, '')
  const [open, setOpen] = useWord('letter', text, '')
  const [redrive, setRedrive] = useState<Redrive | null>(null)
  const [done, setDone] = useState(0)
  const subscription = SUBSCRIPTIONS.find((one) => one === wanted) ?? ''
  const { first, letters, cut, failed } = useLetters(subscription)
  const all: Redrive = {
    which: subscription === '' ? { all: true } : { subscription },
    what: subscription === '' ? 'all dead letters' : `all dead letters of ${subscription}`,
    letters,
  }
  const refresh = () => {
    setDone((done) => done + 1)
    first.again()
  }
  return (
    <Screen
      title="Dead letters"
      said={<Age of={first} />}
      actions={
        <select
          aria-label="Subscription"
          className={styles.select}
          value={subscription}
          onChange={({ target }) => setWanted(target.value)}
        >
          <option value="">All subscriptions</option>
          {SUBSCRIPTIONS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      }
    >
      <Part
        title="Given up"
        said={
          letters.length > 0
            ? `${counted(letters.length, 'letter')}${cut ? ` and more; the oldest ${SHOWN_MAX} are here` : ''}`
            : undefined
        }
        actions={letters.length > 0 && <Button onClick={() => setRedrive(all)}>Redrive all…</Button>}
      >
        {failed && <p className={styles.failed}>The rest of the list cannot be had: {failed}</p>}
        <Watching of={first} what="the dead letters">
          {() =>
            letters.length === 0 ? (
              <Notice title="No dead letters">
                A message of a replay queue that fails five times would lie here. Events on the bus never do: they are
                tried for ever.
              </Notice>
            ) : (
              <Groups letters={letters} onOpen={setOpen} onRedrive={setRedrive} />
            )
          }
        </Watching>
      </Part>
      <Parked subscription={subscription} onDone={refresh} />
      <Operations key={done} />
      {open !== '' && <LetterDrawer id={open} among={letters} onClose={() => setOpen('')} />}
      {redrive && <RedriveDialog redrive={redrive} among={letters} onClose={() => setRedrive(null)} onDone={refresh} />}
    </Screen>
  )
}
