// A price list for tests: as many products as the demo has, prices that are not whole cents a piece, and names that
// somebody made up to do harm.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ITEMS = 2_000
const DEPARTMENTS = [
  'Produce',
  'Bakery',
  'Dairy',
  'Frozen',
  'Grocery',
  'Drugstore',
  'Meat',
  'Seafood',
  'Pastry',
  'Deli',
]
const KINDS = ['apples', 'rolls', 'milk', 'peas', 'soup', 'soap', 'ham', 'salmon', 'cake', 'olives']

/** What a test asks for by name. */
export const BANANAS = { sku: 'bananas', item_name: 'Tropical fruit: bananas', price: { minor: 200, per: 3 } }
export const TEA = { sku: 'tea', item_name: 'Grocery: green tea', price: { minor: 349, per: 1 } }
export const HOSTILE = [
  { sku: 'script', item_name: '<script>document.title="run"</script>', price: { minor: 100, per: 1 } },
  {
    sku: '__proto__',
    item_name: 'Tea: <img src=x onerror=alert(1)> \u202egnp.exe\u2066',
    price: { minor: 100, per: 7 },
  },
]

/** @param {{ teaMinor?: number }} [changed] */
export const catalogue = ({ teaMinor = TEA.price.minor } = {}) => {
  const made = Array.from({ length: ITEMS }, (_, nth) => {
    const place = nth % DEPARTMENTS.length
    const price = nth % 7 === 0 ? { minor: 500, per: 3 } : { minor: 99 + ((nth * 37) % 900), per: 1 }
    return { sku: `sku-${nth}`, item_name: `${DEPARTMENTS[place]}: ${KINDS[place]} no. ${nth}`, price }
  })
  return {
    version: `test-${teaMinor}`,
    currency: 'EUR',
    items: [BANANAS, { ...TEA, price: { minor: teaMinor, per: 1 } }, ...HOSTILE, ...made],
    discounts: [
      { code: 'WELCOME', rule: { kind: 'percent_off', basis_points: 1_000 } },
      { code: 'FIVE', rule: { kind: 'amount_off', minor: 500, min_subtotal_minor: 2_000 } },
    ],
  }
}

/**
 * A file of it, for as long as `whose` lasts.
 *
 * @param {import('../../tests/harness/ends.mjs').Whose} whose
 */
export const catalogueFile = async (whose) => {
  const folder = await mkdtemp(join(tmpdir(), 'catalogue-'))
  whose.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'catalogue.json')
  /** @param {Parameters<typeof catalogue>[0]} [changed] */
  const write = (changed) => writeFile(path, JSON.stringify(catalogue(changed)))
  await write()
  return { path, write }
}
