/** What is looked for in a history: words and `name:value` tokens, each of which may be turned round by a minus. */

export type Token = { readonly not: boolean } & (
  | { readonly by: 'type' | 'actor' | 'sku' | 'text'; readonly value: string }
  | { readonly by: 'is'; readonly value: 'refused' | 'unchanged' }
)

/** What a token may be held against. Costly members are asked for only where a token needs them. */
export interface Subject {
  readonly type: string
  readonly refused: boolean
  actor(): string | null
  skus(): readonly string[]
  /** Everything that stands in it. */
  text(): string
  changed(): boolean
}

const TOKEN = /(-?)(?:(type|actor|sku|is|text):)?(?:"([^"]*)"?|(\S+))/gy

/** Reads what somebody typed. An `is:` that there is not is a word like any other. */
export function parseFilter(typed: string): readonly Token[] {
  const tokens: Token[] = []
  let rest = typed.trim()
  while (rest !== '' && tokens.length < TOKENS_MAX) {
    TOKEN.lastIndex = 0
    const found = TOKEN.exec(rest)
    if (!found) break
    rest = rest.slice(found[0].length).trimStart()
    const value = (found[3] ?? found[4] ?? '').toLowerCase()
    if (value !== '') tokens.push(token(found[1] === '-', found[2], value))
  }
  return tokens
}

/** More than anybody types; each is held against every event. */
const TOKENS_MAX = 20

function token(not: boolean, by: string | undefined, value: string): Token {
  if (by === 'is' && (value === 'refused' || value === 'unchanged')) return { not, by, value }
  if (by === 'type' || by === 'actor' || by === 'sku') return { not, by, value }
  return { not, by: 'text', value: by === 'is' ? `is:${value}` : value }
}

/** A token as it is typed. */
export function written({ not, by, value }: Token): string {
  const said = /\s/.test(value) ? `"${value}"` : value
  return `${not ? '-' : ''}${by === 'text' ? '' : `${by}:`}${said}`
}

/** Whether all tokens agree with it. */
export function passes(tokens: readonly Token[], subject: Subject): boolean {
  return tokens.every((token) => token.not !== holds(token, subject))
}

function holds(token: Token, subject: Subject): boolean {
  switch (token.by) {
    case 'type':
      return subject.type.toLowerCase().includes(token.value)
    case 'actor':
      return subject.actor()?.toLowerCase().includes(token.value) ?? false
    case 'sku':
      return subject.skus().some((sku) => sku.toLowerCase() === token.value)
    case 'text':
      return subject.text().toLowerCase().includes(token.value)
    case 'is':
      return token.value === 'refused' ? subject.refused : !subject.changed()
    default:
      return token satisfies never
  }
}
