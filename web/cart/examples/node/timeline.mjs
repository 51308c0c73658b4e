// Folds the packed history of a cart and tells its life: node timeline.mjs FILE.timeline.bin
//
// Such a file comes from `tillroll export CART --packed`, from the API (`Accept: application/vnd.tillroll.packed`) or from
// `cart.exportPacked()`.
import { readFile } from 'node:fs/promises'
import { openTimeline } from '@tillroll/cart'

const [file] = process.argv.slice(2)
if (!file) {
  console.error('usage: node timeline.mjs FILE.timeline.bin')
  process.exit(2)
}
const timeline = await openTimeline(await readFile(file))
console.log(`cart ${timeline.cart}, ${timeline.length} events`)
for (let version = 1; version <= timeline.length; version++) {
  const { currency, total_minor } = timeline.at(version)
  console.log(
    `${version} ${timeline.event(version).type} -> ${(total_minor / 100).toFixed(2)} ${currency ?? ''}`.trimEnd(),
  )
}
timeline.free()
