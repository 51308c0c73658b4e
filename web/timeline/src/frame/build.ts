/** Which build answers here; asked once a page, and again where that failed. */
import { store } from '@tillroll/storefront/ui/store'
import { ask } from '../api/ask'

export interface Build {
  readonly version: string
  /** Names the rules: two builds with the same one make the same carts. */
  readonly reducer: string
}

/** Null until it is known. */
export const build = store<Build | null>(null)

export async function learnBuild(): Promise<void> {
  if (build.get()) return
  try {
    build.set(await ask<Build>('/version'))
  } catch {
    // Who needs an answer asks for one and shows why there is none; the badge goes without.
  }
}
