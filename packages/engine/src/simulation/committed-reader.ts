/** A read_committed consumer of one partition, from the start, as it comes. */
import type { ClusterAccess } from './cluster-access.ts'
import { logEndOf } from './part.ts'
import { PartitionReader } from './partition-reader.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import type { TransactionPromises } from './transaction-promises.ts'

const WAIT_MS = 300

export interface CommittedReaderOptions {
  readonly access: ClusterAccess
  readonly promises: TransactionPromises
  readonly topic: string
  readonly partition: number
}

export class CommittedReader {
  readonly #options: CommittedReaderOptions
  readonly #reader: PartitionReader
  #position = 0
  #stopped = false

  constructor(options: CommittedReaderOptions) {
    this.#options = options
    const { access, promises, topic, partition } = options
    const onOutOfRange = (offset: number): void =>
      promises.broken(`a read_committed consumer stood at ${topic}-${partition}/${offset}: OFFSET_OUT_OF_RANGE`)
    this.#reader = new PartitionReader({ access, topic, partition, readCommitted: true, onOutOfRange })
    this.#poll()
  }

  get trouble(): string {
    const { topic, partition } = this.#options
    return `the read_committed consumer of ${topic}-${partition} stands at ${this.#position}: ${this.#reader.lastError}`
  }

  hasReadAll(cluster: SimulatedCluster): boolean {
    return this.#position >= logEndOf(cluster, this.#options.topic, this.#options.partition)
  }

  stop(): void {
    this.#stopped = true
  }

  #poll(): void {
    if (this.#stopped) return
    const { access, promises, topic, partition } = this.#options
    this.#reader.fetch(this.#position, WAIT_MS, ({ records, next }) => {
      for (const { offset, key } of records) promises.consumed(`${topic}-${partition}`, offset, key)
      if (next !== null) this.#position = next
      if (records.length === 0) access.again(() => this.#poll())
      else this.#poll()
    })
  }
}
