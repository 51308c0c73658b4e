// What happens where the wasm cannot be had. In a program of its own: once it is there, it is there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCartSync } from '@tillroll/cart'
import { entry } from '../dist/entry.js'

const options = {
  id: '00000000-0000-4000-8000-000000000001',
  transport: { send: async () => {}, open: async () => {}, page: async () => {} },
}
/** As where a bundler left the file behind. */
const lost = () => {
  throw new TypeError('there is no such file')
}
const entries = entry(lost, lost, lost)

test('wasm that cannot be had is an error with a code, however it is asked for', async () => {
  const failed = { code: 'wasm_failed', message: /could not be loaded: there is no such file/ }
  assert.throws(() => entries.openCartSync(options), failed)
  assert.throws(() => entries.initSync(), failed)
  await assert.rejects(entries.init(), failed)
  await assert.rejects(entries.openCart(options), failed)
  assert.equal(entries.isReady(), false)
})

test('after a failure it can be loaded from elsewhere', async () => {
  const cart = openCartSync(options)
  assert.equal(entries.isReady(), true)
  await cart.close()
})
