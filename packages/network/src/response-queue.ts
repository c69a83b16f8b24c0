/**
 * ResponseQueue: the requests of one connection between their arrival and the departure of their responses, in request
 * order. A request waits, is started, is answered (in any order), and leaves when all before it have left: so
 * responses go out in request order whoever finishes first. A ring; nothing is allocated after construction.
 */
import { invariant } from '@millrace/base/invariant'

export interface QueuedRequest {
  /** The response is known (or it is known that there is none). */
  readonly answered: boolean
}

export class ResponseQueue<R extends QueuedRequest> {
  readonly #slots: (R | undefined)[]
  readonly #limit: number
  /** Slots [#head, #head + #started) are started, up to #head + #size they wait. */
  #head = 0
  #started = 0
  #size = 0

  /** @param limit most requests held at once */
  constructor(limit: number) {
    this.#limit = limit
    this.#slots = []
  }

  /** Requests that have arrived and whose responses have not left. */
  get size(): number {
    return this.#size
  }

  get full(): boolean {
    return this.#size === this.#limit
  }

  /** Appends a request that has arrived. */
  push(request: R): void {
    invariant(this.#size < this.#limit, 'response queue overflows', { limit: this.#limit })
    this.#slots[(this.#head + this.#size) % this.#limit] = request
    this.#size++
  }

  /** The oldest request not yet started; undefined when there is none. */
  peekWaiting(): R | undefined {
    return this.#started === this.#size ? undefined : this.#slots[(this.#head + this.#started) % this.#limit]
  }

  /** Marks the oldest waiting request as started. */
  start(): R {
    const request = this.peekWaiting()
    invariant(request !== undefined, 'no request waits')
    this.#started++
    return request
  }

  /** Removes the oldest request if its response is known. */
  takeAnswered(): R | undefined {
    if (this.#started === 0) return undefined
    const request = this.#slots[this.#head]
    if (request?.answered !== true) return undefined
    this.#remove()
    return request
  }

  /** Removes the oldest request whatever its state; for the end of a connection. */
  takeAny(): R | undefined {
    if (this.#size === 0) return undefined
    const request = this.#slots[this.#head]
    if (this.#started === 0) this.#started = 1
    this.#remove()
    return request
  }

  #remove(): void {
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) % this.#limit
    this.#started--
    this.#size--
  }
}
