/**
 * A consumer of one partition without a group: reads everything from the start, as it comes, and asks now and then
 * where the log ends for consumers, which must never fall (KIP-207). `readAll` reads it once more in the end.
 */
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import { fetchRequest, fetchResponse, type FetchResponse } from '@millrace/protocol/messages/01-fetch'
import {
  listOffsetsRequest,
  listOffsetsResponse,
  type ListOffsetsResponse,
} from '@millrace/protocol/messages/02-list-offsets'
import { nextOffset } from '@millrace/protocol/records/batch-header'
import { readRecords, visitBatches } from '@millrace/protocol/records/records'
import type { ClusterAccess } from './cluster-access.ts'
import type { Ledger } from './ledger.ts'

const FETCH_VERSION = 11
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
  #position = 0
  #stopped = false
  #latest = 0
  #lastError = 'nothing'

  constructor(options: SimulatedConsumerOptions) {
    this.#options = options
    this.#poll()
    this.#look()
  }

  /** What the consumer last heard, for a run that does not end. */
  get trouble(): string {
    return `the consumer of ${this.#options.partition} stands at ${this.#position}: ${this.#lastError}`
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
    const values = new Map<number, string>()
    const readOn = (offset: number): void => {
      this.#fetch(offset, 0, (records, next, highWatermark) => {
        for (const [at, value] of records) values.set(at, value)
        if (next === null) this.#options.access.again(() => readOn(offset))
        else if (next >= highWatermark) callback(values)
        else readOn(next)
      })
    }
    readOn(startOffset)
  }

  #poll(): void {
    if (this.#stopped) return
    const { access, ledger, partition } = this.#options
    this.#fetch(this.#position, WAIT_MS, (records, next) => {
      for (const [offset, value] of records) ledger.consumed(partition, offset, value)
      if (next !== null) this.#position = next
      if (records.length === 0) access.again(() => this.#poll())
      else this.#poll()
    })
  }

  /** `next` is null when nothing can be said now. */
  #fetch(
    offset: number,
    maxWaitMs: number,
    callback: (records: readonly (readonly [number, string])[], next: number | null, highWatermark: number) => void,
  ): void {
    const { access, ledger, topic, partition } = this.#options
    const answered = (error: Error | null, response: FetchResponse | null): void => {
      const answer = response?.responses[0]?.partitions[0]
      if (answer === undefined || answer.errorCode !== ErrorCode.NONE) {
        this.#lastError = answer === undefined ? (error?.message ?? 'no answer') : errorName(answer.errorCode)
        // Above a new leader's high watermark for a moment, never above its log: that would be a loss.
        if (answer?.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE)
          ledger.broken(`a consumer stood at ${partition}/${offset}: OFFSET_OUT_OF_RANGE`)
        access.forgetLeader(topic, partition)
        return callback([], null, -1)
      }
      const records: (readonly [number, string])[] = []
      let next = offset
      const bytes = answer.records ?? Buffer.alloc(0)
      visitBatches(bytes, 0, bytes.length, (at) => {
        next = nextOffset(bytes, at)
        for (const record of readRecords(bytes, at))
          if (record.offset >= offset) records.push([record.offset, record.key?.toString() ?? ''])
      })
      callback(records, next, answer.highWatermark)
    }
    access.leaderOf(topic, partition, (leader) => {
      const currentLeaderEpoch = access.leaderEpoch(topic, partition)
      const asked = { partition, currentLeaderEpoch, fetchOffset: offset, partitionMaxBytes: 200_000 }
      const body = {
        replicaId: -1,
        maxWaitMs,
        minBytes: 1,
        maxBytes: 1_000_000,
        isolationLevel: 0,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [{ topic, partitions: [asked] }],
        forgottenTopicsData: [],
        rackId: '',
      }
      access.send(leader, fetchRequest, fetchResponse, FETCH_VERSION, body, answered)
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
