// node:assert/strict in a page, as much of it as the tests use that run in both.

/**
 * @param {unknown} actual
 * @param {unknown} expected
 * @param {string} [message]
 */
const equal = (actual, expected, message = 'not equal') => {
  if (!Object.is(actual, expected)) fail(message, actual, expected)
}

/**
 * @param {unknown} actual
 * @param {unknown} expected
 * @param {string} [message]
 */
const notEqual = (actual, expected, message = 'equal') => {
  if (Object.is(actual, expected)) fail(message, actual, expected)
}

/**
 * @param {unknown} actual
 * @param {unknown} expected
 * @param {string} [message]
 */
const deepEqual = (actual, expected, message = 'not equal') => {
  if (!isSame(actual, expected)) fail(message, actual, expected)
}

/**
 * @param {() => unknown} run
 * @param {Record<string, unknown> | ErrorConstructor | ((error: unknown) => boolean)} expected members, a class or a check
 */
const throws = (run, expected) => {
  try {
    run()
  } catch (error) {
    if (isErrorClass(expected)) ok(error instanceof expected, `another error: ${error}`)
    else if (typeof expected === 'function') equal(expected(error), true, `another error: ${error}`)
    else for (const [name, value] of Object.entries(expected)) deepEqual(/** @type {any} */ (error)[name], value, name)
    return
  }
  throw new Error('nothing was thrown')
}

/**
 * @param {unknown} value
 * @param {string} [message]
 */
const ok = (value, message = 'not true') => {
  if (!value) fail(message, value, true)
}

export default Object.assign(ok, { ok, equal, notEqual, deepEqual, throws })

/**
 * @param {unknown} expected
 * @returns {expected is ErrorConstructor}
 */
const isErrorClass = (expected) =>
  typeof expected === 'function' && (expected === Error || expected.prototype instanceof Error)

/**
 * @param {unknown} one
 * @param {unknown} other
 * @returns {boolean}
 */
const isSame = (one, other) => {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false
  const [names, others] = [Object.keys(one), Object.keys(other)]
  if (names.length !== others.length) return false
  return names.every((name) => Object.hasOwn(other, name) && isSame(Reflect.get(one, name), Reflect.get(other, name)))
}

/**
 * @param {string} message
 * @param {unknown} actual
 * @param {unknown} expected
 */
const fail = (message, actual, expected) => {
  throw new Error(`${message}\nactual:   ${JSON.stringify(actual)}\nexpected: ${JSON.stringify(expected)}`)
}
