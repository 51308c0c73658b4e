/** Names the rules that this build folds and decides by, as the server's replies name the server's. The build writes it. */
export const REDUCER: string
