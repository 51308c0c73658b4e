/** The wasm in base64; the build writes it. */
export const WASM: string
