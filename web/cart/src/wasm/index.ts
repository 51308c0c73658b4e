/** All of the wasm at once: for tests and benchmarks. */

export { CartSession, sessions } from './session.js'
export { CartTimeline, timelines } from './timeline.js'
