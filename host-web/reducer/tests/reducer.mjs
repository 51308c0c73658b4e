// The reducer module in any JavaScript, and what the core said natively, compared. Nothing of Node or of a browser is
// used: how a file is read is the caller's matter.

/** A module, as a function of a call's name and its bytes. */
export async function openReducer(module) {
  const { instance } = await WebAssembly.instantiate(module, {})
  const { memory, alloc, free, ...calls } = instance.exports
  const put = (bytes) => {
    const at = bytes.length > 0 ? alloc(bytes.length) >>> 0 : 0
    new Uint8Array(memory.buffer).set(bytes, at)
    return [at, bytes.length]
  }
  return (name, ...given) => {
    const places = given.map(put)
    const answer = BigInt.asUintN(64, calls[name](...places.flat()))
    for (const place of places) free(...place)
    const [at, length] = [Number(answer >> 32n), Number(answer & 0xffffffffn)]
    if (at === 0) throw new Error(`${name}: error ${length}`)
    const bytes = new Uint8Array(memory.buffer, at, length).slice()
    free(at, length)
    return bytes
  }
}

/** What the tests of infra/reducers write down. */
export const SETS = ['decisions', 'histories', 'random', 'carts']

const NOTHING = new Uint8Array()
const text = (bytes) => new TextDecoder().decode(bytes)

/**
 * Compares the newest module with what the core said, set by set. `load(name)` gives the bytes of a file in the folder of
 * modules, or undefined when there is none. Answers how many steps each set had, of which each is an event or a command; a set that was not written is left out.
 */
export async function compare(load) {
  const newest = await load('newest.json')
  if (newest === undefined) return {}
  const { sha256 } = JSON.parse(text(newest))
  const call = await openReducer(await load(`${sha256}.wasm`))
  const counts = {}
  for (const set of SETS) {
    const file = await load(`cases/${sha256}/${set}.bin`)
    if (file !== undefined) counts[set] = follow(call, file, set)
  }
  return counts
}

/** What the core sums up what it says by; see the same place as the steps of a set. */
function summing() {
  let one = 0x811c9dc5
  let two = 0x9e3779b1
  const stir = (word) => {
    const first = Math.imul(one ^ word, 0x85ebca6b)
    const second = Math.imul((two + word) ^ one, 0xc2b2ae35)
    one = (first << 13) | (first >>> 19)
    two = (second << 17) | (second >>> 15)
  }
  const add = (bytes) => {
    stir(bytes.length)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const whole = bytes.length & ~3
    for (let at = 0; at < whole; at += 4) stir(view.getInt32(at, true))
    let last = 0
    for (let at = whole; at < bytes.length; at += 1) last |= bytes[at] << ((at - whole) * 8)
    if (whole < bytes.length) stir(last)
  }
  return { add, bytes: () => new Uint8Array(new Uint32Array([one, two]).buffer) }
}

/** Takes the steps of a set; `infra/reducers/tests/it/both.rs` says what is in one. */
function follow(call, file, set) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let at = 0
  let count = 0
  let state = NOTHING
  const blob = () => {
    const start = at + 4
    at = start + view.getUint32(at, true)
    return file.subarray(start, at)
  }
  while (at < file.length) {
    const what = file[at]
    at += 1
    if (what === 4) {
      state = NOTHING
      continue
    }
    if (what === 3) {
      const [before, history] = [state, blob()]
      const sum = summing()
      at += 4
      for (let left = view.getUint32(at - 4, true); left > 0; left -= 1) {
        count += 1
        state = call('fold', state, blob())
        for (const said of [state, call('hash', state), call('view', state)]) sum.add(said)
      }
      same(sum.bytes(), blob(), `${set}, up to step ${count}: what is said after each event, summed up`)
      same(call('fold', before, history), state, `${set}, step ${count}: fold at once`)
      continue
    }
    count += 1
    if (what === 2) {
      const command = blob()
      same(call('decide', state, command), blob(), `${set}, step ${count}: decide`)
      continue
    }
    const history = blob()
    state = call('fold', what === 0 ? NOTHING : state, history)
    same(state, blob(), `${set}, step ${count}: fold`)
    same(call('hash', state), blob(), `${set}, step ${count}: hash`)
    same(call('view', state), blob(), `${set}, step ${count}: view`)
  }
  return count
}

function same(said, expected, where) {
  if (said.length === expected.length && said.every((byte, place) => byte === expected[place])) return
  throw new Error(`${where}: ${text(said)}\nand the core says ${text(expected)}`)
}
