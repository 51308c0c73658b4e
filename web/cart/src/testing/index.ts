/** `@tillroll/cart/testing`: a server in memory, a transport that goes wrong on demand, a clock that stands still. */

import type { Environment } from '../environment.js'
import type { Transport } from '../types.js'

/** How often what goes wrong, as a part of 1; changed at any time. */
export interface Faults {
  /** No request gets through, and streams end. */
  offline: boolean
  /** Milliseconds that a request and its answer take together: from, to. */
  latencyMs: readonly [number, number]
  /** The request is lost before the server has it. */
  lostBefore: number
  /** The server does it and the answer is lost. */
  lostAfter: number
  /** The server gets it twice. */
  doubled: number
  /** An event, or an answer, is held back until later ones have come. */
  reordered: number
  /** The server answers 503 with a `Retry-After`. */
  unavailable: number
  /** The answer is cut in the middle. */
  truncated: number
}

/** A transport whose faults can be turned up and down while it runs. */
export interface FaultyTransport extends Transport {
  readonly faults: Faults
}

/** Nothing goes wrong. */
export declare const NO_FAULTS: Readonly<Faults>

/** A transport that goes wrong as it is told. Chance and time are the environment's, so a seed gives the same again. */
export declare function faulty(
  transport: Transport,
  faults?: Partial<Faults>,
  environment?: Partial<Environment>,
): FaultyTransport
