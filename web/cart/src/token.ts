/** The cart's token: 256 bits that only this browser has. Whoever sends it owns the cart, until somebody claims it. */

/** A new token. */
export function freshToken(): string {
  return hex(crypto.getRandomValues(new Uint8Array(32)))
}

/** What the cart's opening says of it. Undefined outside secure contexts, which have no SHA-256. */
export async function hashOf(token: string): Promise<string | undefined> {
  const subtle: SubtleCrypto | undefined = crypto.subtle
  return subtle && hex(new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(token))))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
