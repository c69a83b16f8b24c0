/**
 * kafkajs as a transactional producer that goes on through everything: transactions over two partitions, most committed,
 * some aborted; whatever fails, a new producer takes the transactional id over. Keeps what it was told of each.
 */
import { Kafka, logLevel, type Producer } from 'kafkajs'

const PAUSE_MS = 30

export interface TransactionOutcomes {
  /** Values of transactions whose commit was confirmed: each must be there once. */
  readonly committed: readonly string[][]
  /** Never asked to commit: nothing may be seen. */
  readonly aborted: readonly string[][]
  /** Asked to commit, and never told: all or nothing. */
  readonly unknown: readonly string[][]
}

export class TransactionalLoad {
  readonly #kafka: Kafka
  readonly #topic: string
  readonly #transactionalId: string
  readonly #committed: string[][] = []
  readonly #aborted: string[][] = []
  readonly #unknown: string[][] = []
  readonly #ended: Promise<void>
  #stopped = false
  #number = 0
  #lastError = 'nothing'

  constructor(bootstrap: string, topic: string, transactionalId: string) {
    this.#kafka = new Kafka({ clientId: transactionalId, brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
    this.#topic = topic
    this.#transactionalId = transactionalId
    this.#ended = this.#run()
  }

  get outcomes(): TransactionOutcomes {
    return { committed: this.#committed, aborted: this.#aborted, unknown: this.#unknown }
  }

  get lastError(): string {
    return this.#lastError
  }

  /** Ends what is under way; afterwards no transaction is open. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#ended
    // Whoever takes the transactional id over ends what was left open.
    await this.#withProducer(async (producer) => {
      const transaction = await producer.transaction()
      await transaction.send({ topic: this.#topic, messages: [{ value: 'the last', partition: 0 }] })
      await transaction.abort()
    }, 20)
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#withProducer(async (producer) => {
        while (!this.#stopped) await this.#transaction(producer)
      }, 1)
    }
  }

  async #transaction(producer: Producer): Promise<void> {
    const values = Array.from({ length: 4 }, () => `${this.#transactionalId}-${this.#number++}`)
    const told = { asked: false, committed: false }
    try {
      const transaction = await producer.transaction()
      try {
        for (const partition of [0, 1]) {
          const messages = values.slice(2 * partition, 2 * partition + 2).map((value) => ({ value, partition }))
          await transaction.send({ topic: this.#topic, acks: -1, messages })
        }
        if (this.#number % 20 === 0) await transaction.abort()
        else {
          told.asked = true
          await transaction.commit()
          told.committed = true
        }
      } catch (error) {
        if (!told.asked && transaction.isActive()) await transaction.abort()
        throw error
      }
    } finally {
      if (told.committed) this.#committed.push(values)
      else if (told.asked) this.#unknown.push(values)
      else this.#aborted.push(values)
    }
    await pause(PAUSE_MS)
  }

  async #withProducer(use: (producer: Producer) => Promise<void>, tries: number): Promise<void> {
    for (let left = tries; left > 0; left--) {
      const producer = this.#kafka.producer({
        transactionalId: this.#transactionalId,
        idempotent: true,
        maxInFlightRequests: 1,
        transactionTimeout: 15_000,
        retry: { retries: 5, initialRetryTime: 50, maxRetryTime: 500 },
      })
      try {
        await producer.connect()
        await use(producer)
        return
      } catch (error) {
        this.#lastError = error instanceof Error ? error.message : String(error)
        if (left === 1 && tries > 1) throw error
        await pause(100)
      } finally {
        await producer.disconnect().catch(() => {})
      }
    }
  }
}

/** What read_committed consumers found compared with what was confirmed; empty when every promise was kept. */
export function brokenTransactions(outcomes: TransactionOutcomes, found: readonly string[]): string[] {
  const times = new Map<string, number>()
  for (const value of found) times.set(value, (times.get(value) ?? 0) + 1)
  const broken: string[] = []
  const count = (values: readonly string[]): number => values.filter((value) => times.has(value)).length
  for (const [value, seen] of times) if (seen > 1) broken.push(`${value} is there ${seen} times`)
  for (const values of outcomes.committed)
    if (count(values) < values.length)
      broken.push(`${values[0]}…: committed, ${count(values)} of ${values.length} there`)
  for (const values of outcomes.aborted)
    if (count(values) > 0) broken.push(`${values[0]}…: not committed, ${count(values)} of ${values.length} there`)
  for (const values of outcomes.unknown)
    if (count(values) > 0 && count(values) < values.length) broken.push(`${values[0]}…: torn, ${count(values)} there`)
  return broken
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
