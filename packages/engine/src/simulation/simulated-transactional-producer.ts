/**
 * A producer that writes transactions to several partitions, commits most and aborts some, sometimes hangs for longer than
 * the cluster waits for it, and may leave one open when it ends. Several may share a transactional id: each that begins fences the others.
 */
import type { Actor } from './actor.ts'
import type { SimulatedTransaction } from './transaction-promises.ts'
import { TransactionSession, type StepOutcome, type TransactionSessionOptions } from './transaction-session.ts'

const THINKING_MS_MAX = 120
const BATCHES_MAX = 4
const RECORDS_MAX = 3
const ABORT_PROBABILITY = 0.3
const HANG_PROBABILITY = 0.06
/** Before one that was fenced takes the transactional id back. */
const FENCED_MS_MAX = 1_500

export interface TransactionalProducerOptions extends TransactionSessionOptions {
  readonly topic: string
  readonly partitions: number
}

export class SimulatedTransactionalProducer implements Actor {
  readonly #options: TransactionalProducerOptions
  readonly #session: TransactionSession
  #stopped = false
  #idle = false
  #nextValue = 0

  constructor(options: TransactionalProducerOptions) {
    this.#options = options
    this.#session = new TransactionSession(options)
    this.#begin()
  }

  get idle(): boolean {
    return this.#idle
  }

  get trouble(): string {
    return `${this.#options.name} cannot finish: ${this.#session.lastError}`
  }

  stop(): void {
    this.#stopped = true
  }

  #begin(): void {
    if (this.#stopped) {
      this.#idle = true
      return
    }
    this.#session.begin(() => this.#think())
  }

  #think(): void {
    if (this.#stopped) {
      this.#idle = true
      return
    }
    this.#later(THINKING_MS_MAX, () => {
      const transaction = this.#options.promises.begin(this.#options.name, this.#options.transactionalId)
      this.#write(transaction, 1 + this.#below(BATCHES_MAX))
    })
  }

  #write(transaction: SimulatedTransaction, batches: number): void {
    // Its process ends: nobody is left to end the transaction.
    if (this.#stopped && this.#chance(0.5)) {
      this.#idle = true
      return
    }
    if (batches === 0) return this.#end(transaction, !this.#chance(ABORT_PROBABILITY))
    const { topic, partitions, timeoutMs } = this.#options
    const values = Array.from(
      { length: 1 + this.#below(RECORDS_MAX) },
      () => `${transaction.name}/${this.#nextValue++}`,
    )
    const written = (outcome: StepOutcome): void => {
      if (outcome === 'over') return this.#fenced()
      if (outcome === 'abortable') return this.#end(transaction, false)
      const pauseMs = this.#chance(HANG_PROBABILITY) ? 2 * timeoutMs : THINKING_MS_MAX / 4
      return this.#later(pauseMs, () => this.#write(transaction, batches - 1))
    }
    this.#session.write(transaction, topic, this.#below(partitions), values, written)
  }

  #end(transaction: SimulatedTransaction, commit: boolean): void {
    this.#session.end(transaction, commit, (outcome) => (outcome === 'done' ? this.#think() : this.#fenced()))
  }

  #fenced(): void {
    this.#later(FENCED_MS_MAX, () => this.#begin())
  }

  #later(delayMsMax: number, action: () => void): void {
    this.#options.access.later(1 + this.#below(delayMsMax), action)
  }

  #below(bound: number): number {
    return this.#options.access.host.random.below(bound)
  }

  #chance(probability: number): boolean {
    return this.#options.access.host.random.chance(probability)
  }
}
