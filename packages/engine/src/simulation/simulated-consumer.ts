/**
 * A consumer of one partition without a group: reads everything from the start, as it comes, and asks now and then
 * where the log ends for consumers, which must never fall (KIP-207). `readAll` reads it once more in the end.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import {
  listOffsetsRequest,
  listOffsetsResponse,
  type ListOffsetsResponse,
} from '@millrace/protocol/messages/02-list-offsets'
import type { ClusterAccess } from './cluster-access.ts'
import type { Ledger } from './ledger.ts'
import { PartitionReader } from './partition-reader.ts'

const LIST_OFFSETS_VERSION = 5
const LATEST = -1
const WAIT_MS = 300
const LOOK_MS = 150

export interface SimulatedConsumerOptions {
  readonly access: ClusterAccess
  readonly ledger: Ledger
  readonly topic: string
  readonly partition: number
}

export class SimulatedConsumer {
  readonly #options: SimulatedConsumerOptions
  readonly #reader: PartitionReader
  #position = 0
  #stopped = false
  #latest = 0

  constructor(options: SimulatedConsumerOptions) {
    this.#options = options
    const { access, ledger, topic, partition } = options
    // Above a new leader's high watermark for a moment, never above its log: that would be a loss.
    const onOutOfRange = (offset: number): void =>
      ledger.broken(`a consumer stood at ${partition}/${offset}: OFFSET_OUT_OF_RANGE`)
    this.#reader = new PartitionReader({ access, topic, partition, readCommitted: false, onOutOfRange })
    this.#poll()
    this.#look()
  }

  /** What the consumer last heard, for a run that does not end. */
  get trouble(): string {
    return `the consumer of ${this.#options.partition} stands at ${this.#position}: ${this.#reader.lastError}`
  }

  /** Where it reads on. */
  get position(): number {
    return this.#position
  }

  stop(): void {
    this.#stopped = true
  }

  /** Everything from `startOffset` to the high watermark, by offset. */
  readAll(startOffset: number, callback: (values: Map<number, string>) => void): void {
    this.#reader.readAll(startOffset, (records) => callback(new Map(records.map(({ offset, key }) => [offset, key]))))
  }

  #poll(): void {
    if (this.#stopped) return
    const { access, ledger, partition } = this.#options
    this.#reader.fetch(this.#position, WAIT_MS, ({ records, next }) => {
      for (const { offset, key } of records) ledger.consumed(partition, offset, key)
      if (next !== null) this.#position = next
      if (records.length === 0) access.again(() => this.#poll())
      else this.#poll()
    })
  }

  #look(): void {
    if (this.#stopped) return
    const { access, ledger, topic, partition } = this.#options
    const answered = (_error: Error | null, response: ListOffsetsResponse | null): void => {
      const answer = response?.topics[0]?.partitions[0]
      if (answer?.errorCode === ErrorCode.NONE) {
        if (answer.offset < this.#latest)
          ledger.broken(`the end of ${partition} fell for consumers from ${this.#latest} to ${answer.offset}`)
        this.#latest = Math.max(this.#latest, answer.offset)
      } else access.forgetLeader(topic, partition)
      access.later(LOOK_MS, () => this.#look())
    }
    access.leaderOf(topic, partition, (leader) => {
      const currentLeaderEpoch = access.leaderEpoch(topic, partition)
      const asked = { partitionIndex: partition, currentLeaderEpoch, timestamp: LATEST }
      const body = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions: [asked] }] }
      access.send(leader, listOffsetsRequest, listOffsetsResponse, LIST_OFFSETS_VERSION, body, answered)
    })
  }
}
