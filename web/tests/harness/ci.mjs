// Tests that lack what they need are skipped on a desk, and never in CI.

/**
 * Gives the reason back where a test may be skipped for it.
 * @template {string | false} Why
 * @param {Why} why what is missing, or false
 * @returns {Why}
 */
export const skippedOnADesk = (why) => {
  if (why && process.env.CI === 'true') throw new Error(`CI must not skip this: ${why}`)
  return why
}
