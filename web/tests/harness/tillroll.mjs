// The whole system as its user starts it: the program `tillroll dev` on a free port, in a data folder of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { atEnd } from './ends.mjs'

/** Built by `cargo build`; TILLROLL_BIN names another one. */
export const program =
  process.env.TILLROLL_BIN ?? fileURLToPath(new URL('../../../target/debug/tillroll', import.meta.url))
/** Most lines of what the program says that are kept, to be shown when it does not start. */
const LINES_MAX = 50

/** @typedef {import('./ends.mjs').Whose} Whose */

/**
 * Starts the system; it ends, and its folder goes, with `whose`.
 *
 * @param {Whose} whose
 * @param {object} [options]
 * @param {string} [options.catalogue] a file of prices and discount rules; without it prices are taken as given
 * @param {boolean} [options.demo] with the generated demo and its catalogue
 * @param {Record<string, string>} [options.env] further variables of its environment
 */
export const startTillroll = async (whose, { catalogue, demo = false, env = {} } = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'tillroll-'))
  const wanted = [...(demo ? [] : ['--no-demo']), ...(catalogue ? ['--catalogue', catalogue] : [])]
  const tillroll = new Tillroll(['dev', '--json', '--port', '0', '--data-dir', folder, ...wanted], folder, env)
  atEnd(whose, async () => {
    await tillroll.kill()
    await rm(folder, { recursive: true, force: true })
  })
  await tillroll.start()
  return tillroll
}

class Tillroll {
  #args
  #env
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process
  /** Where it listens; another port after each start. */
  url = ''
  /** Where its files are; somebody else's while it runs. */
  folder

  /**
   * @param {string[]} args
   * @param {string} folder
   * @param {Record<string, string>} env
   */
  constructor(args, folder, env) {
    this.#args = args
    this.#env = env
    this.folder = folder
  }

  /** Starts it on the folder it has, and waits until it answers. */
  async start() {
    // A demo that is not generated would depend on what lies in the folders above.
    const env = { ...process.env, TILLROLL_DEMO_DATA: '/nonexistent', ...this.#env }
    const child = spawn(program, this.#args, { stdio: ['ignore', 'pipe', 'pipe'], env })
    this.#process = child
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    /** @type {string[]} */
    const said = []
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said.push(text)
      said.splice(0, said.length - LINES_MAX)
    })
    const started = await Promise.race([
      once(createInterface(child.stdout), 'line').then(([line]) => JSON.parse(line)),
      once(child, 'exit').then(([code]) => ({ problem: `ended with ${code}` })),
      once(child, 'error').then(([error]) => ({ problem: `${error.message}; \`cargo build\` makes it` })),
    ])
    if (started.event !== 'ready') throw new Error(`${program}: ${started.problem}\n${said.join('')}`)
    child.stdout.resume()
    this.url = started.api
  }

  /** Ends it in good order. */
  stop() {
    return this.#end('SIGINT')
  }

  /** Ends it as a power cut does. */
  kill() {
    return this.#end('SIGKILL')
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /**
   * Asks its API and gives the JSON of the answer, whatever its status.
   *
   * @param {string} path
   * @param {unknown} [body] posted as JSON
   * @returns {Promise<any>} what a test reads of it, it checks
   */
  async ask(path, body) {
    const posted = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(new URL(path, this.url), body === undefined ? {} : posted)
    return response.json()
  }

  /**
   * Every event of a cart, in order.
   *
   * @param {string} cart
   * @returns {Promise<{ sequence: number, type: string, commandid: string, data: Record<string, unknown> }[]>}
   */
  async events(cart) {
    const { events } = await this.ask(`/carts/${cart}/events?limit=1000`)
    return events
  }
}
