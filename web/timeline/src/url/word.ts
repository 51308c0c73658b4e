/** One word of the address as a value of a component. */
import { useStore } from '@tillroll/storefront/ui/store'
import { place, say } from './location'

/** How a value is written; undefined from `read` for what makes no sense, which is then as if it were not there. */
export interface Word<T> {
  read(text: string): T | undefined
  write(value: T): string
}

export const text: Word<string> = { read: (given) => given, write: (value) => value }

/** A whole number that is not negative. */
export const whole: Word<number> = {
  read: (given) => (/^\d{1,15}$/.test(given) ? Number(given) : undefined),
  write: String,
}

export function oneOf<const T extends string>(...all: readonly T[]): Word<T> {
  return { read: (given) => all.find((one) => one === given), write: (value) => value }
}

/** The value under a name, and what sets it. The value that is there without a word is never written. */
export function useWord<T>(name: string, word: Word<T>, otherwise: T): readonly [T, (value: T) => void] {
  const given = useStore(place).query.get(name)
  const value = given === null ? otherwise : (word.read(given) ?? otherwise)
  return [value, (next) => say({ [name]: Object.is(next, otherwise) ? null : word.write(next) })]
}
