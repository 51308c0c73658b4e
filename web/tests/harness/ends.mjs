// What was started ends in the other order: a page before the site it came from, the site before the system behind it.

/** @typedef {{ after: (end: () => unknown) => void }} Whose */

/** @type {WeakMap<Whose, (() => unknown)[]>} */
const ends = new WeakMap()

/**
 * Calls `end` when `whose` is over, before everything that was started earlier.
 *
 * @param {Whose} whose
 * @param {() => unknown} end
 */
export const atEnd = (whose, end) => {
  const known = ends.get(whose)
  if (known) {
    known.push(end)
    return
  }
  const mine = [end]
  ends.set(whose, mine)
  whose.after(async () => {
    /** @type {unknown[]} */
    const errors = []
    for (let next = mine.pop(); next; next = mine.pop()) {
      try {
        await next()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors)
  })
}
