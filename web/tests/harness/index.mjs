// What a test in a real browser needs, and nothing else:
//
//   startTillroll(whose, options)  the whole system on this machine: url, ask, events, stop, kill, start
//   startSite(whose, options)      folders and pages over HTTP, under a strict policy; the API behind them
//   openContext(whose)             a browser profile of its own; its pages are tabs of one browser
//   openPage(whose, address, …)    a tab in which no error may be logged
//   program                        the command line itself
//   until(what, probe)             waits for something to become true, with a bound
//   shot(page, name)               a picture in web/tests/shots, to be looked at
//
// `whose` is the test (`t`) or, for what a whole file shares, `{ after }` of node:test: whatever was started ends with it.
export { openContext, openPage, shot } from './browser.mjs'
export { startSite } from './site.mjs'
export { program, startTillroll } from './tillroll.mjs'
export { BOUND_MS, until } from './until.mjs'
