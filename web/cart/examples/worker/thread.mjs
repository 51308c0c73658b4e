// The same as a worker thread of Node: `new Worker(new URL('./thread.mjs', import.meta.url))`.
import { parentPort } from 'node:worker_threads'
import { fold } from './fold.mjs'

parentPort.on('message', async (message) => parentPort.postMessage(await fold(message)))
