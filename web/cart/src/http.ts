/** The way to a Tillroll server: `fetch`, server-sent events, and long polls where those do not get through. */

import type { Transport } from './types.js'

/** How the server is reached. */
export interface HttpOptions {
  /** Where the API is, `https://shop.example/api`; the page's own origin when absent. */
  readonly url?: string | URL
  /** The bearer token of who is signed in, asked for before each request. */
  readonly bearer?: () => string | null | Promise<string | null>
  /** In the place of the global `fetch`. */
  readonly fetch?: typeof fetch
  /** `false`: long polls only. */
  readonly stream?: boolean
}

export declare function http(options?: HttpOptions): Transport
