/** The generated glue, which the build copies beside what it compiles. */
export function initSync(options: { module: WebAssembly.Module }): unknown
export class CartSession {
  constructor(cart: string, reducer: string)
}
export class CartTimeline {
  constructor(packed: Uint8Array)
}
