/** Reads one partition as consumers do: leaders asked for and forgotten, control and aborted records left out. */
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import { fetchRequest, fetchResponse, type FetchResponse } from '@millrace/protocol/messages/01-fetch'
import { isControl, nextOffset, partitionLeaderEpoch } from '@millrace/protocol/records/batch-header'
import { readRecords, visitBatches } from '@millrace/protocol/records/records'
import { AbortedProducers } from './aborted-producers.ts'
import type { ClusterAccess } from './cluster-access.ts'

const FETCH_VERSION = 11
const NOTHING = Buffer.alloc(0)

export interface ReadRecord {
  readonly offset: number
  readonly key: string
  /** null for a deletion. */
  readonly value: string | null
}

export interface ReadAnswer {
  readonly records: readonly ReadRecord[]
  /** Where to read on; null when nothing can be said now. */
  readonly next: number | null
  /** Leader epoch of the last batch that was read; -1 when there was none. */
  readonly leaderEpoch: number
  /** End of what may be read: the last stable offset for read_committed. */
  readonly end: number
  readonly logStartOffset: number
}

export interface PartitionReaderOptions {
  readonly access: ClusterAccess
  readonly topic: string
  readonly partition: number
  readonly readCommitted: boolean
  /** Told when the offset is out of range, which is a loss unless records were deleted. */
  readonly onOutOfRange: (offset: number) => void
}

export class PartitionReader {
  readonly #options: PartitionReaderOptions
  #lastError = 'nothing'

  constructor(options: PartitionReaderOptions) {
    this.#options = options
  }

  get lastError(): string {
    return this.#lastError
  }

  fetch(offset: number, maxWaitMs: number, callback: (answer: ReadAnswer) => void): void {
    const { access, topic, partition, readCommitted } = this.#options
    const answered = (error: Error | null, response: FetchResponse | null): void => {
      const answer = response?.responses[0]?.partitions[0]
      if (answer !== undefined && answer.errorCode === ErrorCode.NONE) return callback(this.#read(answer, offset))
      this.#lastError = answer === undefined ? (error?.message ?? 'no answer') : errorName(answer.errorCode)
      if (answer?.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) this.#options.onOutOfRange(offset)
      access.forgetLeader(topic, partition)
      callback({ records: [], next: null, leaderEpoch: -1, end: -1, logStartOffset: -1 })
    }
    access.leaderOf(topic, partition, (leader) => {
      const currentLeaderEpoch = access.leaderEpoch(topic, partition)
      const asked = { partition, currentLeaderEpoch, fetchOffset: offset, partitionMaxBytes: 200_000 }
      const body = {
        replicaId: -1,
        maxWaitMs,
        minBytes: 1,
        maxBytes: 1_000_000,
        isolationLevel: readCommitted ? 1 : 0,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [{ topic, partitions: [asked] }],
        forgottenTopicsData: [],
        rackId: '',
      }
      access.send(leader, fetchRequest, fetchResponse, FETCH_VERSION, body, answered)
    })
  }

  /**
   * Everything from `startOffset` to the end, and to `knownEnd` if that is further: a new leader's high watermark may be
   * behind what was acknowledged until its followers have fetched. Tried until it succeeds.
   */
  readAll(startOffset: number, callback: (records: readonly ReadRecord[]) => void, knownEnd: number = 0): void {
    const all: ReadRecord[] = []
    const readOn = (offset: number): void =>
      this.fetch(offset, 0, ({ records, next, end }) => {
        all.push(...records)
        if (next === null) this.#options.access.again(() => readOn(offset))
        else if (next >= end && next >= knownEnd) callback(all)
        else if (next === offset) this.#options.access.again(() => readOn(offset))
        else readOn(next)
      })
    readOn(startOffset)
  }

  #read(answer: FetchResponse['responses'][number]['partitions'][number], offset: number): ReadAnswer {
    const { readCommitted } = this.#options
    const aborted = readCommitted ? new AbortedProducers(answer.abortedTransactions ?? []) : null
    const records: ReadRecord[] = []
    const bytes = answer.records ?? NOTHING
    let next = offset
    let leaderEpoch = -1
    visitBatches(bytes, 0, bytes.length, (at) => {
      next = Math.max(next, nextOffset(bytes, at))
      leaderEpoch = partitionLeaderEpoch(bytes, at)
      if (aborted === null ? isControl(bytes, at) : aborted.leavesOut(bytes, at)) return
      for (const record of readRecords(bytes, at)) {
        if (record.offset < offset) continue
        const { key, value } = record
        records.push({ offset: record.offset, key: key?.toString() ?? '', value: value?.toString() ?? null })
      }
    })
    const end = readCommitted ? answer.lastStableOffset : answer.highWatermark
    return { records, next, leaderEpoch, end, logStartOffset: answer.logStartOffset }
  }
}
