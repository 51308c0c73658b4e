/**
 * What is different between two carts, as `core/src/timeline/diff.rs` says it for any state; here on objects, which a page
 * has anyway. Lines and discounts are compared by key: a line that moved up because another one left is the same line. The
 * vectors hold both to the same changes.
 */

import type { Value } from './codec.js'
import type { Cart } from './generated.js'
import type { Change } from './generated-timeline.js'

type Made = Readonly<Record<string, Value>>
type Keyed = ReadonlyMap<string, Value>

/** What a cart is compared by, and how it is before it is opened. Its version and its hash differ at every moment. */
const EMPTY: Made = {
  status: null,
  currency: null,
  owner_ref: null,
  lines: [],
  discounts: [],
  subtotal_minor: 0,
  discount_minor: 0,
  total_minor: 0,
  unknown_events: 0,
}

/** What must be done to the one cart, in this order, to get the other. */
export function diff(from: Cart | null, to: Cart | null): readonly Change[] {
  const changes: Change[] = []
  const [before, after] = [(from ?? EMPTY) as Made, (to ?? EMPTY) as Made]
  for (const name in EMPTY) {
    const [path, was, is] = [`/${name}`, before[name] as Value, after[name] as Value]
    if (Array.isArray(was)) compareKeyed(path, keyed(was), keyed(is as Made[]), changes)
    else compare(path, was, is, changes)
  }
  return changes
}

function compare(path: string, from: Value, to: Value, changes: Change[]): void {
  if (from === to) return
  const names = isObject(from) && isObject(to) ? Object.keys(from) : []
  if (names.length && String(names) === String(Object.keys(to as Made)))
    for (const name of names)
      compare(`${path}/${name}`, (from as Made)[name] as Value, (to as Made)[name] as Value, changes)
  else changes.push({ path, from, to })
}

function compareKeyed(path: string, before: Keyed, after: Keyed, changes: Change[]): void {
  const under = (key: string) => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  for (const [key, from] of before) compare(under(key), from, after.get(key) ?? null, changes)
  const came = [...after.keys()].filter((key) => !before.has(key))
  for (const key of came) changes.push({ path: under(key), from: null, to: after.get(key) as Value })
  const [then, now] = [[...before.keys()], [...after.keys()]]
  // Their order is a part of the cart: it changed where what came and went does not explain it.
  const explained = [...then.filter((key) => after.has(key)), ...came]
  if (now.some((key, place) => key !== explained[place])) changes.push({ path, from: then, to: now })
}

/** Lines by sku, discounts by code. A key that comes again, as it may in a stored history, gets a number behind it. */
function keyed(members: readonly Made[]): Keyed {
  const [all, numbers] = [new Map<string, Value>(), new Map<string, number>()]
  for (const member of members) {
    const key = (member.sku ?? member.code) as string
    let unique = key
    for (let taken = numbers.get(unique); taken; taken = numbers.get(unique)) {
      const number = (numbers.get(key) ?? taken) + 1
      numbers.set(key, number)
      unique = `${key}#${number}`
    }
    numbers.set(unique, 1)
    all.set(unique, member)
  }
  return all
}

const isObject = (value: Value): value is Made => typeof value === 'object' && value !== null
