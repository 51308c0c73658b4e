/** The newest verification, and the one that is begun here. */
import { useState } from 'react'
import { type AskError, ask } from '../api/ask'
import { asError, useWatched } from '../watch/poll'
import { isOver, type Verification } from './verification'

const UNDER_WAY_EVERY_MS = 1_000
const AT_REST_EVERY_MS = 30_000
/** How long the stages may take to pass what is there now, in seconds. */
const WAIT_S = 10

export function useVerification() {
  const [begun, setBegun] = useState<Verification | null>(null)
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<AskError | null>(null)
  const [every, setEvery] = useState(AT_REST_EVERY_MS)
  const watched = useWatched<Verification>('/verify', every, (newest) => {
    setEvery(isOver(newest) ? AT_REST_EVERY_MS : UNDER_WAY_EVERY_MS)
    setBegun(null)
  })
  const begin = async () => {
    setBusy(true)
    setFailed(null)
    setEvery(UNDER_WAY_EVERY_MS)
    try {
      setBegun(await ask<Verification>('/verify', { method: 'POST', body: { wait: WAIT_S } }))
    } catch (thrown) {
      const error = asError(thrown)
      // Somebody else's is as good.
      if (error.code !== 'conflict') setFailed(error)
    } finally {
      setBusy(false)
      watched.again()
    }
  }
  const none = watched.error?.status === 404
  return {
    newest: begun ?? watched.value,
    error: none ? null : watched.error,
    none,
    busy,
    failed,
    begin,
    again: watched.again,
  }
}
