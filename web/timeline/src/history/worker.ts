/** Holds one cart's history apart from the page, which therefore never waits: fetches, folds and answers. */
import { Feed, FeedError, PAGE_EVENTS, type Page } from './feed'
import { Past } from './past'
import type { Ask, FromWorker, LiveState, Problem, Source, Told, ToWorker } from './wire'

/** A browser opens six connections at most. */
const PAGES_AT_ONCE = 4

const past = new Past(async (after) => {
  if (!feed) throw new RangeError(`there is no page behind ${after}`)
  return (await feed.page(after)).bytes
})
let feed: Feed | null = null
let source: Source | null = null
let loading: Promise<void> | null = null
let following = false
/** Fetching of new pages, one after the other. */
let growing = Promise.resolve()

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.say) {
    case 'open':
      source = data.source
      loading ??= load(source)
      return
    case 'retry':
      if (source) loading ??= load(source)
      return
    case 'ask':
      void answer(data.ask)
      return
    default:
      data satisfies never
  }
})

function say(message: FromWorker, moved: Transferable[] = []): void {
  postMessage(message, { transfer: moved })
}

async function load(source: Source): Promise<void> {
  try {
    if (source.from === 'bytes') await take(source.bytes)
    else await fetchAll(new Feed(source.origin, source.cart))
    say({ say: 'whole' })
  } catch (thrown) {
    say({ say: 'problem', problem: problemOf(thrown) })
  } finally {
    loading = null
  }
}

async function fetchAll(from: Feed): Promise<void> {
  feed = from
  const head = await from.head()
  say({ say: 'expected', version: head.version, hash: head.hash })
  if (await fetchMany(from, head.version)) await fetchNew()
  if (!head.closed && !following) void follow(from)
}

/** Pages from the newest known event on, until there are no more. */
async function fetchNew(): Promise<void> {
  for (let more = feed !== null; more && feed; ) {
    const page = await feed.page(past.length)
    more = (await take(page.bytes)) && page.more
  }
}

/**
 * Pages of which several are on their way at once, as where each begins is known; they are taken in order. Gives whether
 * there is more.
 */
async function fetchMany(from: Feed, length: number): Promise<boolean> {
  const coming: Promise<Page>[] = []
  let next = past.length
  let more = true
  while (past.length < length) {
    for (; coming.length < PAGES_AT_ONCE && next < length; next += PAGE_EVENTS) {
      const page = from.page(next)
      // One that comes to nothing while another is waited for is told about in its turn.
      page.catch(() => {})
      coming.push(page)
    }
    const page = await coming.shift()
    const before = past.length
    if (!page || !(await take(page.bytes))) return true
    more = page.more
    // The server gives other pages than were asked for: one after the other is slower, and right.
    if (past.length < length && past.length !== before + PAGE_EVENTS) return true
  }
  return more
}

async function take(bytes: Uint8Array): Promise<boolean> {
  let grown: Awaited<ReturnType<Past['take']>>
  try {
    grown = await past.take(bytes)
  } catch (thrown) {
    throw new Undecodable(thrown instanceof Error ? thrown.message : String(thrown))
  }
  if (!grown) return false
  say({ say: 'grown', ...grown }, [grown.kinds.buffer, grown.times.buffer])
  return true
}

async function follow(from: Feed): Promise<void> {
  following = true
  stands('connecting')
  await from.hear(
    () => past.length,
    (version) => {
      if (version > past.length) growing = growing.then(fetchNew)
      return growing.catch((thrown: unknown) => {
        growing = Promise.resolve()
        if (thrown instanceof Undecodable) say({ say: 'problem', problem: problemOf(thrown) })
        else throw thrown
      })
    },
    (live) => stands(live ? 'live' : 'stale'),
    new AbortController().signal,
  )
}

function stands(state: LiveState): void {
  say({ say: 'live', state })
}

async function answer(asked: Ask): Promise<void> {
  try {
    const value = await answerOf(asked)
    say({ say: 'answer', nth: asked.nth, value }, asked.name === 'whatIf' ? movedOf(value as Told) : [])
  } catch (thrown) {
    const { code, data } = (thrown ?? {}) as { code?: unknown; data?: unknown }
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    say({ say: 'failed', nth: asked.nth, message, code, data })
  }
}

/** What is handed over instead of copied. */
function movedOf(told: Told): Transferable[] {
  if (told.answer === 'impossible') return []
  const { fates, origins, edits, recorded, alternative, reasons } = told.steps
  return [told.packed, fates, origins, edits, recorded, alternative, reasons].map(({ buffer }) => buffer as ArrayBuffer)
}

function answerOf(asked: Ask): unknown {
  switch (asked.name) {
    case 'moment':
      return past.moment(asked.version)
    case 'rows':
      return past.rows(asked.first, asked.last, asked.shown)
    case 'entry':
      return past.entry(asked.version)
    case 'diff':
      return past.diff(asked.from, asked.to)
    case 'life':
      return past.life(asked.pointer, asked.from, asked.to)
    case 'match':
      return past.match(asked.filter)
    case 'related':
      return past.related(asked.version)
    case 'decided':
      return past.decided(asked.edits)
    case 'whatIf':
      return (loading ?? Promise.resolve()).then(() => past.whatIf(asked.question))
    default:
      return asked satisfies never
  }
}

/** A page that cannot be read: what lies before it stays. */
class Undecodable extends Error {}

function problemOf(thrown: unknown): Problem {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (thrown instanceof Undecodable) return { kind: 'undecodable', message }
  if (!(thrown instanceof FeedError)) {
    return { kind: 'unreachable', message: 'The server does not answer. Is `tillroll dev` running?' }
  }
  if (thrown.status === 404) return { kind: 'missing', message }
  if (thrown.status === 401 || thrown.status === 403) return { kind: 'forbidden', message }
  return { kind: thrown.status >= 500 ? 'unreachable' : 'failed', message }
}
