// Folds packed histories: answers with the cart at a version, or with what was wrong. What is made of it, a web worker or a
// worker thread of Node, is in the files beside this one.
import { openTimeline } from '@tillroll/cart'

export const fold = async ({ packed, version }) => {
  try {
    const timeline = await openTimeline(packed)
    const { length } = timeline
    const state = timeline.at(version ?? length)
    timeline.free()
    return { length, state }
  } catch ({ code, message: problem }) {
    return { code, problem }
  }
}
