/** What the shop sells, and finding it. Prices are shown here; what they come to is the cart's business. */
import type { Catalogue } from '@tillroll/cart'
import { splitName } from '../shared/ItemName'

export type Product = Catalogue['items'][number]

export interface Department {
  readonly name: string
  /** As the price list has them: what sells best comes first there. */
  readonly products: readonly Product[]
  /** Colour on the wheel, the same wherever the department shows. */
  readonly hue: number
}

export interface Shelf {
  readonly currency: string
  readonly version: string
  readonly products: readonly Product[]
  readonly departments: readonly Department[]
  readonly codes: Catalogue['discounts']
  nameOf(sku: string): string
  departmentOf(product: Product): Department
  /** The colour of its picture: its department's, or one of its own where it has no department. */
  hueOf(product: Product): number
}

/** Products whose names have no department in front. */
const REST = 'Everything else'
/** Departments get colours this far apart on the wheel, in the order of their names: neighbours differ as much as can be. */
const GOLDEN_ANGLE = 137.508

export function shelve(catalogue: Catalogue): Shelf {
  const byDepartment = new Map<string, Product[]>()
  const bySku = new Map<string, Product>()
  for (const product of catalogue.items) {
    const name = splitName(product.item_name).department ?? REST
    const products = byDepartment.get(name)
    if (products) products.push(product)
    else byDepartment.set(name, [product])
    bySku.set(product.sku, product)
  }
  const byName = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true })
  const names = [...byDepartment.keys()].sort((a, b) => Number(a === REST) - Number(b === REST) || byName.compare(a, b))
  const departments = names.map((name, index) => ({
    name,
    products: byDepartment.get(name) ?? [],
    hue: Math.round((40 + index * GOLDEN_ANGLE) % 360),
  }))
  const found = new Map(departments.map((department) => [department.name, department]))
  const rest: Department = found.get(REST) ?? { name: REST, products: [], hue: 40 }
  const departmentOf = (product: Product) => found.get(splitName(product.item_name).department ?? REST) ?? rest
  return {
    currency: catalogue.currency,
    version: catalogue.version,
    products: inTurn([...byDepartment.values()]),
    departments,
    codes: catalogue.discounts,
    nameOf: (sku) => splitName(bySku.get(sku)?.item_name ?? sku).item,
    departmentOf,
    hueOf: (product) => {
      const department = departmentOf(product)
      return department === rest ? rest.products.indexOf(product) * GOLDEN_ANGLE : department.hue
    },
  }
}

/** One of each list, and one of each again: a walk past all shelves and not along the first one. */
function inTurn(lists: readonly (readonly Product[])[]): readonly Product[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, nth) => lists.flatMap((list) => list.slice(nth, nth + 1))).flat()
}

/** Letters without case and accents, so that "creme" finds "Crème". */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

const searchable = new WeakMap<Product, string>()

function textOf(product: Product): string {
  const found = searchable.get(product)
  if (found !== undefined) return found
  const text = ` ${plain(product.item_name).replace(/[^\p{L}\p{N}]+/gu, ' ')} `
  searchable.set(product, text)
  return text
}

/** Products that have a word beginning with each word of the query; where none has, those that have it anywhere. */
export function find(products: readonly Product[], query: string): readonly Product[] {
  const words = plain(query)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
  if (words.length === 0) return products
  const beginning = products.filter((product) => words.every((word) => textOf(product).includes(` ${word}`)))
  if (beginning.length > 0) return beginning
  return products.filter((product) => words.every((word) => textOf(product).includes(word)))
}
