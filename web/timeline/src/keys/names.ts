/** How a key's name is written on its cap. */
const CAPS: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ' ': 'Space',
  Escape: 'Esc',
}

/** `Shift+ArrowLeft` is two caps. A plus sign is a key too. */
export function caps(name: string): readonly string[] {
  const held = /^((?:Ctrl\+|Shift\+)*)(.+)$/.exec(name)
  const modifiers = held?.[1] ? held[1].split('+').filter(Boolean) : []
  const last = held?.[2] ?? name
  return [...modifiers, CAPS[last] ?? (last.length === 1 ? last.toUpperCase() : last)]
}
