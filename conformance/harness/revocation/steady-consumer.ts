/** A consumer of kafkajs that does not start again: it tells when a broker refuses it for the first time. */
import { Kafka, logLevel, type Consumer } from 'kafkajs'
import { bearerToken, type AccessKey } from '../iam.ts'
import type { OpenCluster } from './open-cluster.ts'
import type { Turn } from './steady-client.ts'

export interface ConsumerOptions {
  readonly key: AccessKey
  readonly topic: string
  readonly groupId: string
  /** How long a fetch may wait for records, ms. */
  readonly maxWaitMs: number
}

const PATIENCE_MS = 10_000

export class SteadyConsumer {
  readonly received: string[] = []
  readonly #consumer: Consumer
  #waiting = false
  readonly #refused: Promise<{ readonly atMs: number; readonly words: string }>

  private constructor(cluster: OpenCluster, { key, groupId, maxWaitMs }: ConsumerOptions) {
    this.#consumer = new Kafka({
      brokers: cluster.iamBootstrap.split(','),
      ssl: { ca: [cluster.caPem], servername: 'localhost' },
      sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await bearerToken(key) }) },
      logLevel: logLevel.NOTHING,
    }).consumer({
      groupId,
      maxWaitTimeInMs: maxWaitMs,
      heartbeatInterval: 20,
      retry: { retries: 0, restartOnFailure: async () => false },
    })
    this.#refused = new Promise((resolve) => {
      this.#consumer.on('consumer.crash', ({ payload }) =>
        resolve({ atMs: performance.now(), words: payload.error.message }),
      )
    })
    this.#consumer.on('consumer.fetch_start', () => (this.#waiting = true))
    this.#consumer.on('consumer.fetch', () => (this.#waiting = false))
  }

  /** Resolves once it asks for records. */
  static async start(cluster: OpenCluster, options: ConsumerOptions): Promise<SteadyConsumer> {
    const steady = new SteadyConsumer(cluster, options)
    const consumer = steady.#consumer
    await consumer.connect()
    await consumer.subscribe({ topic: options.topic, fromBeginning: true })
    const fetched = new Promise<void>((resolve) => void consumer.on('consumer.fetch', () => resolve()))
    await consumer.run({ eachMessage: async ({ message }) => void steady.received.push(String(message.value)) })
    await fetched
    return steady
  }

  /** A fetch is under way. */
  get waiting(): boolean {
    return this.#waiting
  }

  /** Makes a change, and waits until it is refused. */
  async turn(change: () => Promise<unknown>): Promise<Turn> {
    await change()
    const answeredMs = performance.now()
    const refused = await this.refused()
    if (refused === null) return { elapsedMs: Infinity, how: [] }
    return { elapsedMs: Math.max(0, refused.atMs - answeredMs), how: [refused.words] }
  }

  /** Null: it goes on. */
  async refused(): Promise<{ readonly atMs: number; readonly words: string } | null> {
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), PATIENCE_MS)))
    const refused = await Promise.race([this.#refused, patience])
    clearTimeout(timer)
    return refused
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect()
  }
}
