// Puts the functions of a wasm module into an order that compresses well: each after the one that it shares most with.
// Brotli says what is alike in fewer bits where it lies close by: a sixtieth of the whole.

const CODE = 10
const LETTERS = new TextEncoder()

/** Names the functions in the new order, by which binaryen's `reorder-functions-by-name` puts them there. */
export function named(wasm) {
  const names = []
  for (const [rank, index] of alike(bodies(wasm)).entries()) names[index] = String(rank).padStart(5, '0')
  const entries = names.flatMap((name, index) => [...number(index), name.length, ...LETTERS.encode(name)])
  // A custom section called "name", and in it the part of the functions.
  const part = [...number(names.length), ...entries]
  const section = [4, ...LETTERS.encode('name'), 1, ...number(part.length), ...part]
  return Buffer.concat([wasm, Buffer.from([0, ...number(section.length), ...section])])
}

/** From the longest function on, the next one is always the one with the most runs of four bytes in common. */
function alike(bodies) {
  const runs = bodies.map((body) => new Set(Array.from(body.subarray(3), (_, at) => body.readUInt32LE(at))))
  const order = [bodies.reduce((longest, body, index) => (body.length > bodies[longest].length ? index : longest), 0)]
  const left = new Set(bodies.keys())
  for (const last of order) {
    left.delete(last)
    let [next, most] = [undefined, -1]
    for (const index of left) {
      const common = shared(runs[last], runs[index])
      if (common > most) [next, most] = [index, common]
    }
    if (next !== undefined) order.push(next)
  }
  return order
}

function shared(some, others) {
  const [few, many] = some.size < others.size ? [some, others] : [others, some]
  let common = 0
  for (const run of few) if (many.has(run)) common += 1
  return common / Math.sqrt(few.size * many.size + 1)
}

/** The bytes of each function. */
function bodies(wasm) {
  let at = 8
  const count = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++]
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }
  const part = () => {
    const length = count()
    at += length
    return wasm.subarray(at - length, at)
  }
  while (at < wasm.length) {
    if (wasm[at++] !== CODE) part()
    else {
      count()
      return Array.from({ length: count() }, part)
    }
  }
  throw new Error('there is no code in the module')
}

/** A number as wasm writes it. */
function number(value) {
  return value < 128 ? [value] : [(value & 127) | 128, ...number(value >>> 7)]
}
