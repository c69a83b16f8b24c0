/**
 * Offsets committed again and again until told to stop, through everything that happens to the cluster: by an administrator
 * for groups that nobody is in, and by a kafkajs transaction. Keeps what was confirmed and what was tried.
 */
import { Kafka, logLevel, type Producer } from 'kafkajs'
import type { AdminClient } from '@millrace/client/admin'

export interface CommitLoad {
  readonly groupId: string
  /** The newest offset whose commit was confirmed. */
  readonly confirmed: number
  /** The newest offset that was sent. */
  readonly tried: number
  /** Why the last failed attempt failed. */
  readonly lastError: string
  /** Ends what is under way. */
  stop(): Promise<void>
}

const PAUSE_MS = 50

abstract class Load implements CommitLoad {
  readonly groupId: string
  confirmed = 0
  tried = 0
  lastError = 'nothing'
  #stopped = false
  readonly #ended: Promise<void>

  constructor(groupId: string) {
    this.groupId = groupId
    this.#ended = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#ended
    await this.close()
  }

  protected abstract commit(offset: number): Promise<void>
  protected abstract close(): Promise<void>

  async #run(): Promise<void> {
    // The fields of the class that extends this one exist from the next turn on.
    await Promise.resolve()
    while (!this.#stopped) {
      this.tried++
      try {
        await this.commit(this.tried)
        this.confirmed = this.tried
      } catch (error) {
        this.lastError = String(error)
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
  }
}

/** Sets the offset of partition 0 of `topic` for a group without members. */
export class AdministratorCommits extends Load {
  readonly #admin: AdminClient
  readonly #topic: string

  constructor(admin: AdminClient, groupId: string, topic: string) {
    super(groupId)
    this.#admin = admin
    this.#topic = topic
  }

  protected commit(offset: number): Promise<void> {
    return this.#admin.alterGroupOffsets(this.groupId, [{ topic: this.#topic, partition: 0, offset }])
  }

  protected async close(): Promise<void> {
    // The client is its giver's.
  }
}

/** A transaction per offset, with nothing in it but that. A producer that was refused makes room for another. */
export class TransactionalCommits extends Load {
  readonly #kafka: Kafka
  readonly #transactionalId: string
  readonly #topic: string
  #producer: Producer | null = null

  constructor(bootstrap: string, groupId: string, transactionalId: string, topic: string) {
    super(groupId)
    this.#kafka = new Kafka({ clientId: groupId, brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
    this.#transactionalId = transactionalId
    this.#topic = topic
  }

  protected async commit(offset: number): Promise<void> {
    try {
      this.#producer ??= await this.#connect()
      const transaction = await this.#producer.transaction()
      const partitions = [{ partition: 0, offset: String(offset) }]
      await transaction.sendOffsets({ consumerGroupId: this.groupId, topics: [{ topic: this.#topic, partitions }] })
      await transaction.commit()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  protected async close(): Promise<void> {
    const producer = this.#producer
    this.#producer = null
    await producer?.disconnect().catch(() => {})
  }

  async #connect(): Promise<Producer> {
    const options = { transactionalId: this.#transactionalId, idempotent: true, maxInFlightRequests: 1 } as const
    const producer = this.#kafka.producer(options)
    await producer.connect()
    return producer
  }
}
