/** The wasm of timelines in base64; the build writes it. */
export const WASM: string
