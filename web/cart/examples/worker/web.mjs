// A web worker, so that a page stays free: post it `{ packed, version }`.
// `new Worker(new URL('./web.mjs', import.meta.url), { type: 'module' })`
import { fold } from './fold.mjs'

globalThis.onmessage = async ({ data }) => postMessage(await fold(data))
