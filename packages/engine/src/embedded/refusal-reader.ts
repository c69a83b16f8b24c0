/**
 * Reads what one process of a node turned away, and who came in, from where it was read last, page by page: a line of the control protocol
 * is bounded. One reading at a time; a node that does not answer is read next time.
 */
import type { Refusal } from '@millrace/network/refusals'
import type { SeenPrincipal } from '@millrace/network/seen-principals'
import type { Denial } from '@millrace/policy/denials/denials'
import type { EngineMessage, NodeMessage, RefusalCursor } from './control-protocol.ts'

export type RefusalPage = Extract<NodeMessage, { readonly kind: 'refusals' }>

/** Entries of each kind in one line. Their texts are bounded, see Refusals and Denials: a line stays below 1 MiB. */
export const REFUSAL_PAGE_MAX = 50
const ANSWER_TIMEOUT_MS = 2_000

export type ReadRefusals = Omit<RefusalPage, 'kind'>

export class RefusalReader {
  readonly incarnation: string
  readonly #tell: (message: EngineMessage) => void
  #after: RefusalCursor = { refusal: 0, denial: 0, principal: 0 }
  #answer: ((page: RefusalPage | null) => void) | null = null
  #reading: Promise<ReadRefusals> | null = null

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
  async read(): Promise<ReadRefusals> {
    // Who asks meanwhile asks again behind: what happened before the question is to be in the answer.
    while (this.#reading !== null) await this.#reading
    this.#reading = this.#readAll()
    try {
      return await this.#reading
    } finally {
      this.#reading = null
    }
  }

  async #readAll(): Promise<ReadRefusals> {
    const read = { refusals: [] as Refusal[], denials: [] as Denial[], principals: [] as SeenPrincipal[] }
    for (;;) {
      const page = await this.#ask()
      if (page === null) return read
      const { refusals, denials, principals } = page
      read.refusals.push(...refusals)
      read.denials.push(...denials)
      read.principals.push(...principals)
      this.#after = {
        refusal: refusals.at(-1)?.sequence ?? this.#after.refusal,
        denial: denials.at(-1)?.sequence ?? this.#after.denial,
        principal: principals.at(-1)?.sequence ?? this.#after.principal,
      }
      if ([refusals, denials, principals].every(({ length }) => length < REFUSAL_PAGE_MAX)) return read
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
      this.#tell({ kind: 'refusals', after: this.#after })
    })
  }
}
