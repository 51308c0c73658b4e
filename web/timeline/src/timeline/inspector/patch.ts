/** The difference of two states as a JSON Patch (RFC 6902), for whoever goes on with it in another tool. */

export type Operation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/** What makes one value of the other; applied in order. */
export function patchOf(from: unknown, to: unknown, path = ''): readonly Operation[] {
  if (isSame(from, to)) return []
  if (Array.isArray(from) && Array.isArray(to)) return ofLists(from, to, path)
  if (isObject(from) && isObject(to)) return ofObjects(from, to, path)
  return [{ op: 'replace', path, value: to }]
}

function ofObjects(from: Fields, to: Fields, path: string): readonly Operation[] {
  const removed = Object.keys(from).filter((name) => !Object.hasOwn(to, name))
  return [
    ...removed.map((name): Operation => ({ op: 'remove', path: below(path, name) })),
    ...Object.entries(to).flatMap(([name, value]): readonly Operation[] =>
      Object.hasOwn(from, name)
        ? patchOf(from[name], value, below(path, name))
        : [{ op: 'add', path: below(path, name), value }],
    ),
  ]
}

/** What is alike at both ends stays; in between one is made of the other, and what is over is taken out or put in. */
function ofLists(from: readonly unknown[], to: readonly unknown[], path: string): readonly Operation[] {
  const most = Math.min(from.length, to.length)
  let first = 0
  while (first < most && isSame(from[first], to[first])) first += 1
  let last = 0
  while (last < most - first && isSame(from[from.length - 1 - last], to[to.length - 1 - last])) last += 1
  const [left, wanted] = [from.slice(first, from.length - last), to.slice(first, to.length - last)]
  const both = Math.min(left.length, wanted.length)
  const at = (nth: number) => below(path, String(first + nth))
  return [
    ...wanted.slice(0, both).flatMap((value, nth) => patchOf(left[nth], value, at(nth))),
    ...left.slice(both).map((): Operation => ({ op: 'remove', path: at(both) })),
    ...wanted.slice(both).map((value, nth): Operation => ({ op: 'add', path: at(both + nth), value })),
  ]
}

type Fields = Readonly<Record<string, unknown>>

function isObject(given: unknown): given is Fields {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function below(path: string, name: string): string {
  return `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
