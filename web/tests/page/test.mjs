// node:test in a page: tests are collected while modules load, and run when the page is told to.

/** @type {{ name: string, run: () => unknown }[]} */
const tests = []

/**
 * @param {string} name
 * @param {() => unknown} run
 */
export const test = (name, run) => {
  tests.push({ name, run })
}

/** Runs them in their order; answers what became of each. */
export const runTests = async () => {
  const outcomes = []
  for (const { name, run } of tests) {
    try {
      await run()
      outcomes.push({ name })
    } catch (error) {
      outcomes.push({ name, error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) })
    }
  }
  return outcomes
}
