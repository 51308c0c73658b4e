/** One question at a time, and the newest one wins: what was asked in between is never answered late over what is newer. */
import { useEffect, useState } from 'react'

/** An answer with what it is the answer to. */
export interface Answered<Question, Answer> {
  readonly question: Question
  readonly answer: Answer
}

/**
 * The answer to the newest question that has one. While a newer question waits, the last answer stays, with its own
 * question beside it, so that nobody takes it for another. Questions are the same when their texts are.
 */
export function useLatest<Question, Answer>(
  question: Question | null,
  name: string,
  ask: (question: Question) => Promise<Answer>,
): { readonly last: Answered<Question, Answer> | null; readonly error: string | null; readonly fresh: boolean } {
  const [line] = useState(() => new Line<Question, Answer>())
  const [, redraw] = useState(0)
  useEffect(() => {
    line.changed = () => redraw((nth) => nth + 1)
    return () => {
      line.changed = () => {}
    }
  }, [line])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the name says when it is another question.
  useEffect(() => {
    if (question !== null) line.ask(question, name, ask)
  }, [line, name])
  return { last: line.last, error: line.error, fresh: line.answered === name }
}

class Line<Question, Answer> {
  last: Answered<Question, Answer> | null = null
  error: string | null = null
  answered = ''
  changed = () => {}
  #busy = false
  #next: (() => Promise<void>) | null = null

  ask(question: Question, name: string, ask: (question: Question) => Promise<Answer>): void {
    this.#next = async () => {
      try {
        this.last = { question, answer: await ask(question) }
        this.error = null
      } catch (thrown) {
        this.error = thrown instanceof Error ? thrown.message : String(thrown)
      }
      this.answered = name
    }
    void this.#run()
  }

  async #run(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    for (let next = this.#next; next; next = this.#next) {
      this.#next = null
      await next()
      this.changed()
    }
    this.#busy = false
  }
}
