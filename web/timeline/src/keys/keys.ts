/** Keys: what a screen listens to while it is shown, and the sheet that says so. Both are the same list. */
import { store } from '@tillroll/storefront/ui/store'
import { useEffect, useRef } from 'react'

/** What a key does. */
export interface Key {
  /** As `KeyboardEvent.key`, after `Ctrl+` and `Shift+` where they are held: `ArrowLeft`, `Shift+ArrowLeft`, `Ctrl+k`, `g`. */
  readonly key: string
  /** For the sheet and the palette: "Next event". */
  readonly does: string
  readonly act: () => void
}

/** Keys of one screen or part, under a heading of the sheet. */
export interface Keys {
  readonly part: string
  readonly keys: readonly Key[]
}

const LETTERS = 'tillroll.timeline.letters'

/** All that is listened to now; what came last is asked first. */
export const listening = store<readonly Keys[]>([])
/** Whether single letters do something; they can be turned off, as WCAG 2.1.4 asks. */
export const letters = store(localStorage.getItem(LETTERS) !== 'off')

export function switchLetters(on: boolean): void {
  letters.set(on)
  localStorage.setItem(LETTERS, on ? 'on' : 'off')
}

/** Listens to keys for as long as the component is there. */
export function useKeys(part: string, keys: readonly Key[]): void {
  const newest = useRef(keys)
  newest.current = keys
  const names = keys.map(({ key, does }) => `${key}\t${does}`).join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is made anew each time; its names say when it differs.
  useEffect(() => {
    const lasting = keys.map(({ key, does }, nth) => ({ key, does, act: () => newest.current[nth]?.act() }))
    const mine: Keys = { part, keys: lasting }
    listening.update((all) => [...all, mine])
    return () => listening.update((all) => all.filter((one) => one !== mine))
  }, [part, names])
}

/** The name that a pressed key has here. */
function nameOf({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string {
  const shifted = shiftKey && key.length > 1
  return `${ctrlKey || metaKey ? 'Ctrl+' : ''}${shifted ? 'Shift+' : ''}${key.length === 1 ? key.toLowerCase() : key}`
}

/** Where somebody types, letters and arrows are theirs. */
function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    target.matches('textarea, select, input:not([type=range], [type=checkbox], [type=radio])')
  )
}

/** What a control under the focus does with a key itself. */
function taken(target: EventTarget | null, name: string): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (name === ' ' || name === 'Enter') return target.closest('button, a, summary, [role=tab], [role=option]') !== null
  return name.startsWith('Arrow') && target.closest('[role=tablist], [role=listbox], [role=menu], [role=tree]') !== null
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || document.querySelector('dialog[open]')) return
  const name = nameOf(event)
  if (!name.startsWith('Ctrl+') && (typing(event.target) || taken(event.target, name))) return
  if (/^.$/u.test(name) && name !== ' ' && !letters.get()) return
  const found = listening.get().findLast(({ keys }) => keys.some(({ key }) => key === name))
  const key = found?.keys.find(({ key }) => key === name)
  if (!key) return
  event.preventDefault()
  key.act()
}

/** Begins to listen; what it gives ends it. */
export function startListening(): () => void {
  document.addEventListener('keydown', pressed)
  return () => document.removeEventListener('keydown', pressed)
}
