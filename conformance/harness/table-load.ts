/** kafkajs as the writer of a compacted topic: newer and newer values of a few keys; keeps which were acknowledged. */
import { Kafka, logLevel, type Producer } from 'kafkajs'

const KEYS = 40
const KEYS_PER_BATCH = 8
const PAUSE_MS = 10

export class TableLoad {
  readonly #producer: Producer
  readonly #topic: string
  readonly #acknowledged: Map<string, number> = new Map()
  readonly #ended: Promise<void>
  #stopped = false
  #version = 0

  constructor(bootstrap: string, topic: string) {
    const kafka = new Kafka({ clientId: 'table', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
    this.#producer = kafka.producer({ retry: { retries: 10, initialRetryTime: 50, maxRetryTime: 500 } })
    this.#topic = topic
    this.#ended = this.#run()
  }

  /** By key: the newest version that was acknowledged; after stop() the newest of all. */
  get acknowledged(): ReadonlyMap<string, number> {
    return this.#acknowledged
  }

  get versions(): number {
    return this.#version
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#ended
    await this.#producer.disconnect()
  }

  async #run(): Promise<void> {
    for (;;) {
      try {
        await this.#producer.connect()
        break
      } catch {
        await pause(100)
      }
    }
    while (!this.#stopped) {
      const batch = Array.from({ length: KEYS_PER_BATCH }, () => {
        const version = this.#version++
        return { key: `k${version % KEYS}`, version }
      })
      await this.#put(batch)
      await pause(PAUSE_MS)
    }
  }

  /** Tried until it is acknowledged: a later version never goes before an earlier one. */
  async #put(batch: readonly { readonly key: string; readonly version: number }[]): Promise<void> {
    const messages = batch.map(({ key, version }) => ({ key, value: `${version} ${'x'.repeat(version % 60)}` }))
    for (;;) {
      try {
        await this.#producer.send({
          topic: this.#topic,
          acks: -1,
          messages: messages.map((one) => ({ ...one, partition: 0 })),
        })
        for (const { key, version } of batch) this.#acknowledged.set(key, version)
        return
      } catch {
        await pause(100)
      }
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
