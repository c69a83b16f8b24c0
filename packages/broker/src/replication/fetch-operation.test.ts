import { describe, expect, test } from 'vitest'
import type { LogRead } from '@millrace/log/log-types'
import { CorruptBatch } from '@millrace/log/corrupt-batch'
import { ErrorCode } from '@millrace/protocol/errors'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { World } from '@millrace/testkit/world'
import { emptyImage } from '@millrace/metadata/image'
import { ReplicaThrottle } from '../quotas/replica-throttle.ts'
import { FollowerProgress } from './follower-progress.ts'
import { FetchOperation, type FetchSurroundings } from './fetch-operation.ts'
import type { FetchPartition, FetchPartitionResult, FetchRequestSpec, FetchWaiter } from './fetch-types.ts'
import type { Partition } from './partition.ts'

const BATCH_BYTES = 100

/** A partition whose log has one batch of 100 bytes per offset. */
class StubPartition {
  readonly followerWaiters: Set<FetchWaiter> = new Set()
  readonly consumerWaiters: Set<FetchWaiter> = new Set()
  readonly noted: string[] = []
  readonly topic = 'orders'
  readonly partition = 0
  readonly isLeader = true
  isr: number[] = [1]
  readonly followers = [new FollowerProgress(2)]
  logStartOffset = 0
  logEndOffset = 0
  highWatermark = 0
  leaderId = 1
  leaderEpoch = 4
  errorCode = 0
  cold = false
  failure: Error | null = null
  readonly #host: FakeHost

  constructor(host: FakeHost) {
    this.#host = host
  }

  get lastStableOffset(): number {
    return this.highWatermark
  }

  checkRequest(): number {
    return this.errorCode
  }

  followerFetched(brokerId: number, _epoch: number, offset: number): boolean {
    this.noted.push(`${brokerId}@${offset}`)
    return brokerId !== 9
  }

  readonly log = {
    config: { cleanupPolicy: { compact: false, delete: true } },
    leaderEpochs: {
      endOffsetFor: (epoch: number) =>
        epoch > 4 ? { epoch: -1, endOffset: -1 } : { epoch: Math.min(epoch, 2), endOffset: 3 },
    },
    read: (request: { offset: number; maxBytes: number; endOffset: number; atLeastOne: boolean }) =>
      this.cold ? null : this.#read(request),
    readCold: (
      request: { offset: number; maxBytes: number; endOffset: number; atLeastOne: boolean },
      callback: (error: Error | null, read: LogRead | null) => void,
    ) =>
      this.#host.timers.set(3, () => {
        if (this.failure === null) callback(null, this.#read(request))
        else callback(this.failure, null)
      }),
  }

  append(count: number, committed: boolean): void {
    this.logEndOffset += count
    for (const waiter of this.followerWaiters) waiter.wake(false)
    if (!committed) return
    this.highWatermark = this.logEndOffset
    for (const waiter of this.consumerWaiters) waiter.wake(false)
  }

  #read({
    offset,
    maxBytes,
    endOffset,
    atLeastOne,
  }: {
    offset: number
    maxBytes: number
    endOffset: number
    atLeastOne: boolean
  }): LogRead {
    const fitting = Math.floor(maxBytes / BATCH_BYTES)
    const count = Math.min(endOffset - offset, Math.max(fitting, atLeastOne ? 1 : 0))
    return { buffers: [], sizeBytes: count * BATCH_BYTES, release: null, lastOffset: offset + count - 1 }
  }
}

interface Fixture {
  readonly world: World
  readonly host: FakeHost
  readonly partitions: readonly StubPartition[]
  readonly storageFailures: Error[]
  readonly throttle: ReplicaThrottle
  readonly fetch: (
    request?: Partial<FetchRequestSpec>,
    each?: Partial<FetchPartition>,
  ) => { answers: FetchPartitionResult[]; operation: FetchOperation<FetchPartition> }
}

interface SetUp {
  readonly followersServe?: boolean
  readonly preferred?: number
}

function setUp(count = 1, { followersServe = false, preferred = -1 }: SetUp = {}): Fixture {
  const world = new World({ seed: 2 })
  const host = world.addHost('broker')
  const partitions = Array.from({ length: count }, () => new StubPartition(host))
  const storageFailures: Error[] = []
  const throttle = new ReplicaThrottle({ host, nodeId: 1, direction: 'leader', windows: { count: 11, sizeMs: 1000 } })
  const around: FetchSurroundings = {
    host,
    get: (_topic, index) => partitions[index] as unknown as Partition | undefined,
    missingPartition: () => ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    storageFailed: (_partition, error) => storageFailures.push(error),
    abortedTransactions: () => [{ producerId: 5, firstOffset: 0 }],
    leaderThrottle: throttle,
    followersServe,
    preferredReplica: (_partition, _offset, rackId) => (rackId === 'zone-2' ? preferred : -1),
  }
  const fetch: Fixture['fetch'] = (request = {}, each = {}) => {
    const answers: FetchPartitionResult[] = []
    const asked = partitions.map((_, partition) => ({
      topic: 'orders',
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: 0,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      maxBytes: 10_000,
      ...each,
    }))
    const spec: FetchRequestSpec = {
      replicaId: -1,
      leaderOnly: false,
      rackId: '',
      replicaEpoch: -1,
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 10_000,
      readCommitted: false,
      completeNow: false,
      partitions: asked,
      ...request,
    }
    const operation = new FetchOperation(around, spec, (results) => answers.push(...results))
    operation.start(spec.maxWaitMs)
    return { answers, operation }
  }
  return { world, host, partitions, storageFailures, throttle, fetch }
}

function sizes(answers: readonly FetchPartitionResult[]): number[] {
  return answers.map(({ records }) => records?.sizeBytes ?? 0)
}

describe('a consumer fetch', () => {
  test('answers at once when there is something below the high watermark', () => {
    const { partitions, fetch } = setUp()
    partitions[0]?.append(3, true)
    expect(sizes(fetch().answers)).toEqual([300])
  })

  test('waits at the high watermark although the log goes on, and is woken when it moves', () => {
    const { world, partitions, fetch } = setUp()
    partitions[0]?.append(2, false)
    const { answers } = fetch()
    world.advance(100)
    expect(answers).toEqual([])
    partitions[0]?.append(0, true)
    world.advance(1)
    expect(sizes(answers)).toEqual([200])
  })

  test('answers empty when the time is up, not before', () => {
    const { world, partitions, fetch } = setUp()
    const { answers } = fetch()
    world.advance(499)
    expect(answers).toEqual([])
    world.advance(1)
    expect(answers).toMatchObject([{ errorCode: 0, records: null, highWatermark: 0 }])
    expect(partitions[0]?.consumerWaiters.size).toBe(0)
  })

  test('waits for min bytes over all partitions', () => {
    const { world, partitions, fetch } = setUp(2)
    const { answers } = fetch({ minBytes: 250 })
    partitions[0]?.append(1, true)
    world.advance(10)
    expect(answers).toEqual([])
    partitions[1]?.append(2, true)
    world.advance(10)
    expect(sizes(answers)).toEqual([100, 200])
  })

  test('wakes once for all partitions that moved in one turn', () => {
    const { world, partitions, fetch } = setUp(2)
    const { answers } = fetch()
    partitions[0]?.append(1, true)
    partitions[1]?.append(1, true)
    world.advance(1)
    expect(sizes(answers)).toEqual([100, 100])
  })

  test('gets the first batch whole although it is larger than the limit, and no second one', () => {
    const { partitions, fetch } = setUp(2)
    partitions[0]?.append(2, true)
    partitions[1]?.append(2, true)
    expect(sizes(fetch({ maxBytes: 30 }).answers)).toEqual([100, 0])
  })

  test('shares the limit between partitions in request order', () => {
    const { partitions, fetch } = setUp(2)
    partitions[0]?.append(2, true)
    partitions[1]?.append(5, true)
    expect(sizes(fetch({ maxBytes: 450 }).answers)).toEqual([200, 200])
  })

  test('answers at once with an error of any partition, and the others normally', () => {
    const { partitions, fetch } = setUp(2)
    const [, second] = partitions
    if (second !== undefined) second.errorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER
    const { answers } = fetch()
    expect(answers).toMatchObject([
      { errorCode: 0 },
      {
        errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
        currentLeader: { leaderId: 1, leaderEpoch: 4 },
        highWatermark: -1,
      },
    ])
  })

  test('below the log start or beyond the log end is out of range, between high watermark and log end it is not', () => {
    const { partitions, fetch } = setUp()
    partitions[0]?.append(3, false)
    expect(fetch({}, { fetchOffset: 4 }).answers).toMatchObject([{ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }])
    expect(fetch({ maxWaitMs: 0 }, { fetchOffset: 2 }).answers).toMatchObject([{ errorCode: 0, records: null }])
  })

  test('tells of a corrupt batch without giving up the disk, and of a failed read', () => {
    const { world, partitions, storageFailures, fetch } = setUp()
    const [first] = partitions
    first?.append(2, true)
    if (first !== undefined) Object.assign(first, { cold: true, failure: new CorruptBatch('0.log', 7, 'checksum') })
    const corrupt = fetch()
    world.runUntil(() => corrupt.answers.length > 0)
    expect(corrupt.answers).toMatchObject([{ errorCode: ErrorCode.CORRUPT_MESSAGE, records: null }])
    expect(storageFailures).toEqual([])
    if (first !== undefined) first.failure = new Error('EIO')
    const failed = fetch()
    world.runUntil(() => failed.answers.length > 0)
    expect(failed.answers).toMatchObject([{ errorCode: ErrorCode.KAFKA_STORAGE_ERROR }])
    expect(storageFailures).toHaveLength(1)
  })

  test('reads cold batches in a later turn', () => {
    const { world, partitions, fetch } = setUp(2)
    const [first, second] = partitions
    first?.append(1, true)
    second?.append(1, true)
    if (first !== undefined) first.cold = true
    const { answers } = fetch()
    expect(answers).toEqual([])
    world.advance(5)
    expect(sizes(answers)).toEqual([100, 100])
  })

  test('with read_committed lists aborted transactions: an empty list when nothing is returned', () => {
    const { partitions, fetch } = setUp()
    expect(fetch({ readCommitted: true, maxWaitMs: 0 }).answers[0]?.abortedTransactions).toEqual([])
    partitions[0]?.append(1, true)
    expect(fetch({ readCommitted: true }).answers[0]?.abortedTransactions).toEqual([{ producerId: 5, firstOffset: 0 }])
    expect(fetch().answers[0]?.abortedTransactions).toBeNull()
  })

  test('of a closed connection is never answered and waits no more', () => {
    const { world, partitions, fetch } = setUp()
    const { answers, operation } = fetch()
    operation.cancel()
    partitions[0]?.append(1, true)
    world.advance(1000)
    expect(answers).toEqual([])
    expect(partitions[0]?.consumerWaiters.size).toBe(0)
  })
})

describe('a follower fetch', () => {
  test('reads to the log end and is noted once, however often it is woken', () => {
    const { world, partitions, fetch } = setUp()
    const { answers } = fetch({ replicaId: 2 })
    expect(partitions[0]?.noted).toEqual(['2@0'])
    partitions[0]?.append(2, false)
    world.advance(1)
    expect(sizes(answers)).toEqual([200])
    expect(partitions[0]?.noted).toEqual(['2@0'])
  })

  test('with another history is told where it diverges and is not noted', () => {
    const { partitions, fetch } = setUp()
    partitions[0]?.append(5, false)
    const { answers } = fetch({ replicaId: 2 }, { fetchOffset: 5, lastFetchedEpoch: 3 })
    expect(answers).toMatchObject([{ errorCode: 0, divergingEpoch: { epoch: 2, endOffset: 3 }, records: null }])
    expect(partitions[0]?.noted).toEqual([])
  })

  test('of a follower that has not heard of deleted records is answered at once', () => {
    const { partitions, fetch } = setUp()
    const [partition] = partitions
    partition?.append(5, false)
    if (partition !== undefined) partition.logStartOffset = 3
    expect(fetch({ replicaId: 2 }, { fetchOffset: 5, logStartOffset: 3 }).answers).toEqual([])
    expect(fetch({ replicaId: 2 }, { fetchOffset: 5, logStartOffset: 0 }).answers).toMatchObject([
      { errorCode: 0, logStartOffset: 3 },
    ])
  })

  test('with an epoch the leader never had is out of range', () => {
    const { partitions, fetch } = setUp()
    partitions[0]?.append(5, false)
    const { answers } = fetch({ replicaId: 2 }, { fetchOffset: 5, lastFetchedEpoch: 7 })
    expect(answers).toMatchObject([{ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }])
  })

  test('of a broker that is no replica is refused', () => {
    const { fetch } = setUp()
    expect(fetch({ replicaId: 9 }).answers).toMatchObject([{ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }])
  })
})

describe('a consumer fetch in a zone', () => {
  test('is sent to the follower there at once, without records', () => {
    const { partitions, fetch } = setUp(1, { followersServe: true, preferred: 2 })
    partitions[0]?.append(3, true)
    expect(fetch({ rackId: 'zone-2' }).answers).toMatchObject([
      { errorCode: 0, preferredReadReplica: 2, records: null, highWatermark: 3 },
    ])
    expect(fetch({ rackId: 'zone-1' }).answers).toMatchObject([
      { preferredReadReplica: -1, records: { sizeBytes: 300 } },
    ])
  })

  test('stays with the leader where followers do not serve', () => {
    const { partitions, fetch } = setUp(1, { preferred: 2 })
    partitions[0]?.append(3, true)
    expect(fetch({ rackId: 'zone-2' }).answers).toMatchObject([
      { preferredReadReplica: -1, records: { sizeBytes: 300 } },
    ])
  })
})

test('a follower that serves consumers hears of a new high watermark at once', () => {
  const { partitions, fetch } = setUp(1, { followersServe: true })
  partitions[0]?.append(2, true)
  expect(fetch({ replicaId: 2 }, { fetchOffset: 2 }).answers).toMatchObject([{ highWatermark: 2, records: null }])
  expect(fetch({ replicaId: 2 }, { fetchOffset: 2 }).answers).toEqual([])
})

describe('a throttled follower', () => {
  const throttled = (replicas: string): typeof emptyImage => ({
    ...emptyImage,
    configs: new Map([['2:orders', new Map([['leader.replication.throttled.replicas', replicas]])]]),
  })

  test('gets nothing while the rate is exceeded, and waits', () => {
    const { world, partitions, throttle, fetch } = setUp()
    throttle.update(throttled('*'), 10)
    partitions[0]?.append(3, true)
    expect(sizes(fetch({ replicaId: 2 }).answers)).toEqual([300])
    const { answers } = fetch({ replicaId: 2 })
    world.advance(400)
    expect(answers).toEqual([])
    world.advance(200)
    expect(answers).toMatchObject([{ errorCode: 0, records: null }])
    world.advance(60_000)
    expect(sizes(fetch({ replicaId: 2 }).answers)).toEqual([300])
  })

  test('is not held back once it is in sync, nor are consumers, nor replicas that are not named', () => {
    const { partitions, throttle, fetch } = setUp()
    throttle.update(throttled('0:1'), 10)
    throttle.record(1000)
    partitions[0]?.append(3, true)
    expect(sizes(fetch().answers)).toEqual([300])
    partitions[0]?.isr.push(2)
    expect(sizes(fetch({ replicaId: 2 }).answers)).toEqual([300])
    partitions[0]?.isr.pop()
    throttle.update(throttled('1:1,0:9'), 10)
    expect(sizes(fetch({ replicaId: 2 }).answers)).toEqual([300])
  })
})
