/** Names the rules that this build folds and decides by, as the server's replies name the server's. */
export const REDUCER = 'a2471149446104e6'
