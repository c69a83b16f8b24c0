/**
 * One ShareFetch under way: acquires records of its partitions in order, and if there are none, waits for the partitions to
 * move or for records to come back. Reading, and the limits of bytes, are as in a Fetch; what is read is acquired at once.
 */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { LogRead } from '@millrace/log/log-types'
import { ErrorCode } from '@millrace/protocol/errors'
import type { FetchWaiter } from '../replication/fetch-types.ts'
import type { Partition } from '../replication/partition.ts'
import type { AcquiredRange } from './in-flight-records.ts'
import type { SharePartition } from './share-partition.ts'
import type { CurrentLeader, SharePartitions, TopicPartitionId } from './share-partitions.ts'

/** What is read of one partition at a time: more than most members take, and a small part of what they allow. */
const READ_BYTES_MAX = 1024 * 1024
/** Readings of a partition that give nothing (all aborted, all gone) before the next one gets its turn. */
const EMPTY_READS_MAX = 8

export interface ShareFetchRequestSpec {
  readonly groupId: string
  readonly memberId: string
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly recordsMax: number
  readonly batchSize: number
  /** Not one record more than recordsMax. */
  readonly isStrict: boolean
  /** In the order in which they are to be served. */
  readonly partitions: readonly TopicPartitionId[]
}

export interface SharePartitionResult extends TopicPartitionId {
  readonly errorCode: number
  readonly currentLeader: CurrentLeader | null
  readonly acquired: readonly AcquiredRange[]
  readonly buffers: readonly Buffer[]
  readonly sizeBytes: number
  /** The receiver's to call once the bytes are written or dropped. */
  readonly release: (() => void) | null
}

export interface ShareFetchSurroundings {
  readonly host: Host
  readonly shares: Pick<SharePartitions, 'open'>
  storageFailed(partition: Partition, error: Error): void
}

interface Left {
  records: number
  bytes: number
}

export class ShareFetchOperation implements FetchWaiter {
  readonly #around: ShareFetchSurroundings
  readonly #request: ShareFetchRequestSpec
  readonly #callback: (results: readonly SharePartitionResult[]) => void
  readonly #watched: SharePartition[] = []
  #timer: TimerHandle | null = null
  #wakeScheduled = false
  #state: 'reading' | 'waiting' | 'done' = 'reading'
  #results: SharePartitionResult[] = []
  #timedOut = false
  /** Share partitions that closed while they were waited for, by key, and why: they are not opened again for this request. */
  readonly #ended: Map<string, number> = new Map()

  constructor(
    around: ShareFetchSurroundings,
    request: ShareFetchRequestSpec,
    callback: (results: readonly SharePartitionResult[]) => void,
  ) {
    this.#around = around
    this.#request = request
    this.#callback = callback
  }

  start(): void {
    const { maxWaitMs, partitions, recordsMax } = this.#request
    this.#timedOut = maxWaitMs <= 0 || partitions.length === 0 || recordsMax <= 0
    if (!this.#timedOut) {
      this.#timer = this.#around.host.timers.set(maxWaitMs, () => {
        this.#timer = null
        this.#timedOut = true
        if (this.#state === 'waiting') this.#read()
      })
    }
    this.#read()
  }

  /** Waking twice in a turn, or while it reads, is no harm: it looks once more. */
  wake(): void {
    if (this.#state !== 'waiting' || this.#wakeScheduled) return
    this.#wakeScheduled = true
    this.#around.host.tick(() => {
      this.#wakeScheduled = false
      if (this.#state === 'waiting') this.#read()
    })
  }

  /** The asker is gone. What was acquired for it is given back with its session; what was called back is its receiver's. */
  cancel(): void {
    if (this.#state === 'done') return
    for (const { release } of this.#results) release?.()
    this.#finish()
  }

  /** The member's session has ended: what was acquired for it is given back, so nothing is left to tell. */
  end(): void {
    if (this.#state === 'done') return
    this.cancel()
    this.#callback([])
  }

  #finish(): void {
    this.#state = 'done'
    this.#unwatch()
    if (this.#timer !== null) this.#around.host.timers.clear(this.#timer)
    this.#timer = null
  }

  #read(): void {
    this.#state = 'reading'
    this.#unwatch()
    this.#results = []
    if (!this.#timedOut && !this.#hasMinBytes()) return this.#wait()
    this.#readFrom(0, { records: this.#request.recordsMax, bytes: this.#request.maxBytes })
  }

  #readFrom(index: number, left: Left): void {
    const { partitions } = this.#request
    for (let at = index; at < partitions.length; at++) {
      const asked = partitions[at] as TopicPartitionId
      const ended = this.#ended.get(keyOf(asked))
      if (ended !== undefined) {
        this.#failed(asked, ended)
        continue
      }
      const { share, ...refusal } = this.#around.shares.open(this.#request.groupId, asked)
      if (share === null) {
        this.#results.push({ ...NOTHING, ...asked, currentLeader: null, ...refusal })
        continue
      }
      if (share.errorCode !== ErrorCode.NONE) this.#failed(asked, share.errorCode)
      else if (!this.#readOne(share, asked, left, EMPTY_READS_MAX, () => this.#readFrom(at + 1, left))) return
    }
    this.#answerOrWait()
  }

  /** False: the read goes on in a later turn, and `resume` is called behind it. */
  #readOne(share: SharePartition, asked: TopicPartitionId, left: Left, tries: number, resume: () => void): boolean {
    const { partition } = share
    for (let triesLeft = tries; triesLeft > 0; triesLeft--) {
      const offset = left.records <= 0 || left.bytes <= 0 ? null : share.nextOffset()
      const { readCommitted } = share.settings
      const endOffset = readCommitted ? partition.lastStableOffset : partition.highWatermark
      if (offset === null || offset >= endOffset) return true
      const maxBytes = Math.min(left.bytes, READ_BYTES_MAX)
      const request = { offset, maxBytes, endOffset, atLeastOne: true }
      const read = partition.log.read(request)
      if (read === null) {
        partition.log.readCold(request, (error, cold) => {
          if (this.#state === 'done' || cold === null) {
            cold?.release?.()
            if (error !== null) this.#around.storageFailed(partition, error)
            if (this.#state === 'done') return
            this.#failed(asked, ErrorCode.KAFKA_STORAGE_ERROR)
            return resume()
          }
          const isDone = this.#acquire(share, asked, offset, cold, left)
          if (isDone || this.#readOne(share, asked, left, triesLeft - 1, resume)) resume()
        })
        return false
      }
      if (this.#acquire(share, asked, offset, read, left)) return true
    }
    return true
  }

  /** True when the partition has given something, or has nothing to give. */
  #acquire(share: SharePartition, asked: TopicPartitionId, offset: number, read: LogRead, left: Left): boolean {
    const { memberId, batchSize, isStrict } = this.#request
    const { log } = share.partition
    const aborted = share.settings.readCommitted ? log.abortedTransactions(offset, read.lastOffset + 1) : null
    const acquired = share.acquire(
      { buffers: read.buffers, offset, aborted },
      { memberId, recordsMax: left.records, batchSize, isStrict },
    )
    if (acquired.recordCount === 0) {
      read.release?.()
      return read.sizeBytes === 0 || !share.isActive
    }
    left.records -= acquired.recordCount
    left.bytes -= acquired.sizeBytes
    const { ranges, buffers, sizeBytes } = acquired
    this.#results.push({ ...NOTHING, ...asked, acquired: ranges, buffers, sizeBytes, release: read.release })
    return true
  }

  /** Errors that pass by themselves are not told: the partition is empty for now, and looked at again. */
  #failed(asked: TopicPartitionId, errorCode: number): void {
    if (isPassing(errorCode)) return
    this.#results.push({ ...NOTHING, ...asked, errorCode })
  }

  #answerOrWait(): void {
    if (this.#results.length === 0 && !this.#timedOut) return this.#wait()
    this.#finish()
    this.#callback(this.#results)
  }

  #wait(): void {
    this.#state = 'waiting'
    for (const asked of this.#request.partitions) {
      if (this.#ended.has(keyOf(asked))) continue
      const { share } = this.#around.shares.open(this.#request.groupId, asked)
      if (share === null) continue
      share.waiters.add(this)
      share.partition.consumerWaiters.add(this)
      this.#watched.push(share)
    }
  }

  #unwatch(): void {
    for (const share of this.#watched) {
      // One that lost its leadership is opened anew, which tells who leads now.
      const { id, errorCode } = share
      if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.NOT_LEADER_OR_FOLLOWER)
        this.#ended.set(keyOf(id), errorCode)
      share.waiters.delete(this)
      share.partition.consumerWaiters.delete(this)
    }
    this.#watched.length = 0
  }

  /** Whether there is as much to acquire as the member wants to wait for, or something to tell. */
  #hasMinBytes(): boolean {
    const wanted = Math.min(this.#request.minBytes, this.#request.maxBytes)
    if (wanted <= 1) return true
    let found = 0
    for (const asked of this.#request.partitions) {
      if (this.#ended.has(keyOf(asked))) return true
      const { share } = this.#around.shares.open(this.#request.groupId, asked)
      if (share === null) return true
      const offset = share.nextOffset()
      const endOffset = share.settings.readCommitted ? share.partition.lastStableOffset : share.partition.highWatermark
      if (offset === null || offset >= endOffset) continue
      const read = share.partition.log.read({ offset, maxBytes: wanted, endOffset, atLeastOne: true })
      if (read === null) return true
      found += read.sizeBytes
      read.release?.()
      if (found >= wanted) return true
    }
    return false
  }
}

const NOTHING = {
  errorCode: ErrorCode.NONE as number,
  currentLeader: null,
  acquired: [],
  buffers: [],
  sizeBytes: 0,
  release: null,
} as const

function keyOf({ topicId, partition }: TopicPartitionId): string {
  return `${topicId}:${partition}`
}

function isPassing(errorCode: number): boolean {
  switch (errorCode) {
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.OFFSET_NOT_AVAILABLE:
    case ErrorCode.REQUEST_TIMED_OUT:
      return true
    default:
      return false
  }
}
