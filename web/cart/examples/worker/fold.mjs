// A worker that folds packed histories, so that a page stays free: post it `{ packed, version }`, it posts back the cart at
// that version, or what was wrong. The same file is a web worker and a worker thread of Node.
import { init, openTimeline } from '@tillroll/cart'

const port = globalThis.postMessage ? globalThis : (await import('node:worker_threads')).parentPort
const ready = init()

const answer = async ({ packed, version }) => {
  await ready
  const timeline = openTimeline(packed)
  const { length } = timeline
  const state = timeline.at(version ?? length)
  timeline.free()
  return { length, state }
}

const hear = (message) =>
  answer(message).then(
    (answered) => port.postMessage(answered),
    ({ code, message: problem }) => port.postMessage({ code, problem }),
  )

if (port === globalThis) port.onmessage = ({ data }) => hear(data)
else port.on('message', hear)
