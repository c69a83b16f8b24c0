/**
 * Reads what one process of a node turned away, from where it was read last, page by page: a line of the control protocol
 * is bounded. One reading at a time; a node that does not answer is read next time.
 */
import type { Refusal } from '@millrace/network/refusals'
import type { Denial } from '@millrace/policy/denials/denials'
import type { EngineMessage, NodeMessage } from './control-protocol.ts'

export type RefusalPage = Extract<NodeMessage, { readonly kind: 'refusals' }>

/** Entries of each kind in one line. Their texts are bounded, see Refusals and Denials: a line stays below 1 MiB. */
export const REFUSAL_PAGE_MAX = 50
const ANSWER_TIMEOUT_MS = 2_000

export class RefusalReader {
  readonly incarnation: string
  readonly #tell: (message: EngineMessage) => void
  #afterRefusal = 0
  #afterDenial = 0
  #answer: ((page: RefusalPage | null) => void) | null = null
  #reading: Promise<{ refusals: Refusal[]; denials: Denial[] }> | null = null

  constructor(incarnation: string, tell: (message: EngineMessage) => void) {
    this.incarnation = incarnation
    this.#tell = tell
  }

  /** The node's answer. */
  onPage(page: RefusalPage): void {
    const answer = this.#answer
    this.#answer = null
    answer?.(page)
  }

  /** What is new since the last reading; nothing when the node does not answer. */
  async read(): Promise<{ readonly refusals: readonly Refusal[]; readonly denials: readonly Denial[] }> {
    // Who asks meanwhile asks again behind: what happened before the question is to be in the answer.
    while (this.#reading !== null) await this.#reading
    this.#reading = this.#readAll()
    try {
      return await this.#reading
    } finally {
      this.#reading = null
    }
  }

  async #readAll(): Promise<{ refusals: Refusal[]; denials: Denial[] }> {
    const refusals: Refusal[] = []
    const denials: Denial[] = []
    for (;;) {
      const page = await this.#ask()
      if (page === null) return { refusals, denials }
      refusals.push(...page.refusals)
      denials.push(...page.denials)
      this.#afterRefusal = page.refusals.at(-1)?.sequence ?? this.#afterRefusal
      this.#afterDenial = page.denials.at(-1)?.sequence ?? this.#afterDenial
      if (page.refusals.length < REFUSAL_PAGE_MAX && page.denials.length < REFUSAL_PAGE_MAX)
        return { refusals, denials }
    }
  }

  #ask(): Promise<RefusalPage | null> {
    return new Promise((resolve) => {
      const timeout = setTimeout(() => answer(null), ANSWER_TIMEOUT_MS).unref()
      const answer = (page: RefusalPage | null): void => {
        clearTimeout(timeout)
        if (this.#answer === answer) this.#answer = null
        resolve(page)
      }
      this.#answer = answer
      this.#tell({ kind: 'refusals', afterRefusal: this.#afterRefusal, afterDenial: this.#afterDenial })
    })
  }
}
