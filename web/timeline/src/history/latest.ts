/** One question at a time, and the newest one wins: what was asked in between is never answered late over what is newer. */
import { useEffect, useMemo, useState } from 'react'

/** An answer with what it is the answer to. */
export interface Answered<Question, Answer> {
  readonly question: Question
  readonly answer: Answer
}

/**
 * The answer to the newest question that has one. While a newer question waits, the last answer stays, with its own
 * question beside it, so that nobody takes it for another. Questions are the same when their texts are. What `kept` has
 * is answered at once, in the same drawing.
 */
export function useLatest<Question, Answer>(
  question: Question | null,
  name: string,
  ask: (question: Question) => Promise<Answer>,
  kept?: (question: Question) => Answer | undefined,
): { readonly last: Answered<Question, Answer> | null; readonly error: string | null; readonly fresh: boolean } {
  const [line] = useState(() => new Line<Question, Answer>())
  const [, redraw] = useState(0)
  useEffect(() => {
    line.changed = () => redraw((nth) => nth + 1)
    return () => {
      line.changed = () => {}
    }
  }, [line])
  const answer = question === null ? undefined : kept?.(question)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the name says when it is another question.
  const atOnce = useMemo(
    () => (question === null || answer === undefined ? null : { question, answer }),
    [name, answer],
  )
  // biome-ignore lint/correctness/useExhaustiveDependencies: the name says when it is another question.
  useEffect(() => {
    if (atOnce) line.settle(atOnce, name)
    else if (question !== null) line.ask(question, name, ask)
  }, [line, name])
  if (atOnce) return { last: atOnce, error: null, fresh: true }
  return { last: line.last, error: line.error, fresh: line.answered === name }
}

class Line<Question, Answer> {
  last: Answered<Question, Answer> | null = null
  error: string | null = null
  answered = ''
  changed = () => {}
  #busy = false
  /** How often something newer was answered at once. */
  #settled = 0
  #next: (() => Promise<void>) | null = null

  ask(question: Question, name: string, ask: (question: Question) => Promise<Answer>): void {
    this.#next = async () => {
      const settled = this.#settled
      let last = this.last
      let error: string | null = null
      try {
        last = { question, answer: await ask(question) }
      } catch (thrown) {
        error = thrown instanceof Error ? thrown.message : String(thrown)
      }
      if (settled !== this.#settled) return
      this.last = last
      this.error = error
      this.answered = name
    }
    void this.#run()
  }

  /** What was asked before and has no answer yet does not matter any more. */
  settle(answered: Answered<Question, Answer>, name: string): void {
    this.#next = null
    this.#settled += 1
    this.last = answered
    this.error = null
    this.answered = name
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
