import { AclOperation, PatternType, PermissionType, ResourceType } from '@millrace/policy/acl/acl'
import { AclAuthority } from '@millrace/policy/acl/authority'
import { ErrorCode } from '@millrace/protocol/errors'
import { CompressionCodec } from '@millrace/protocol/compression/compression'
import { fetchRequest, fetchResponse } from '@millrace/protocol/messages/01-fetch'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { describe, expect, it } from 'vitest'
import { FetchSessionCache } from '../fetch-session/fetch-session-cache.ts'
import type { ConnectionQuota } from '@millrace/network/request-quotas'
import type { FetchPartition, FetchPartitionResult } from '../replication/fetch-types.ts'
import { fetchHandler } from './01-fetch.ts'
import {
  OTHER_TOPIC_ID,
  TOPIC_ID,
  ask,
  createHandlerFixture,
  defaultImage,
  imageOf,
  type Answer,
  type AskOptions,
  type ParkedFetch,
} from './handler-fixture.ts'

const BATCH = buildBatch({ records: [{ value: Buffer.from('hello') }], timestampMs: 1 })

const ATTRIBUTES_AT = 21

interface Wanted {
  readonly topic?: string
  readonly topicId?: string
  readonly partition: number
  readonly fetchOffset?: number
}

function createFetch() {
  const fixture = createHandlerFixture(defaultImage())
  const sessions = new FetchSessionCache(fixture.runtime.host, () => 10)
  const handler = fetchHandler(fixture.runtime, sessions)
  const fetch = (
    version: number,
    wanted: readonly Wanted[],
    more: object = {},
    options: AskOptions = {},
  ): Answer<typeof fetchResponse> => {
    const topics = wanted.map(({ topic = 'orders', topicId = TOPIC_ID, partition, fetchOffset = 0 }) => ({
      topic,
      topicId,
      partitions: [{ partition, fetchOffset, partitionMaxBytes: 1000 }],
    }))
    return ask(
      handler,
      fetchRequest,
      fetchResponse,
      version,
      { maxWaitMs: 500, minBytes: 1, topics, ...more } as never,
      options,
    )
  }
  return { ...fixture, sessions, fetch }
}

function result(request: FetchPartition, more: Partial<FetchPartitionResult> = {}): FetchPartitionResult {
  return {
    request,
    errorCode: 0,
    highWatermark: 10,
    lastStableOffset: 10,
    logStartOffset: 0,
    divergingEpoch: null,
    preferredReadReplica: -1,
    currentLeader: null,
    abortedTransactions: null,
    records: null,
    ...more,
  }
}

function answerAll(parked: ParkedFetch | undefined, more: Partial<FetchPartitionResult> = {}): void {
  parked?.answer(parked.spec.partitions.map((request) => result(request, more)))
}

function partitionsOf(answer: Answer<typeof fetchResponse>) {
  return answer.response?.responses.flatMap(({ partitions }) => partitions) ?? []
}

describe('Fetch', () => {
  it.each([4, 5, 7, 9, 10, 11, 12, 13, 15, 16, 17, 18])(
    'answers with the records of the log in version %d',
    (version) => {
      const { fetch, fetches } = createFetch()
      const answer = fetch(version, [{ partition: 0, fetchOffset: 7 }])
      expect(fetches[0]?.spec).toMatchObject({
        replicaId: -1,
        maxWaitMs: 500,
        minBytes: 1,
        completeNow: false,
        readCommitted: false,
      })
      expect(fetches[0]?.spec.partitions[0]).toMatchObject({
        topic: 'orders',
        partition: 0,
        fetchOffset: 7,
        maxBytes: 1000,
      })
      expect(answer.responses).toBe(0)
      let released = 0
      answerAll(fetches[0], {
        records: { buffers: [BATCH, BATCH], sizeBytes: 2 * BATCH.length, release: () => released++, lastOffset: 8 },
      })
      const [partition] = partitionsOf(answer)
      expect(partition?.records?.equals(Buffer.concat([BATCH, BATCH]))).toBe(true)
      expect(partition).toMatchObject({
        errorCode: 0,
        highWatermark: 10,
        lastStableOffset: 10,
        logStartOffset: version >= 5 ? 0 : -1,
      })
      expect(released).toBe(0)
      answer.release?.()
      expect(released).toBe(1)
    },
  )

  it('a client over its quota gets nothing but the throttle time, and its session tells the records the next time', () => {
    const { fetch, fetches } = createFetch()
    const charged: number[] = []
    const quota: ConnectionQuota = {
      active: true,
      timed: false,
      answered: () => 0,
      worked: () => {},
      fetched: (_, bytes) => (charged.push(bytes) === 1 ? 700 : 0),
      fetchBytesMax: () => 500,
    }
    const options = { connection: { quota } }
    let released = 0
    const records = { buffers: [BATCH], sizeBytes: BATCH.length, release: () => released++, lastOffset: 7 }
    const throttled = fetch(12, [{ partition: 0 }], { sessionId: 0, sessionEpoch: 0 }, options)
    expect(fetches[0]?.spec.maxBytes).toBe(500)
    answerAll(fetches[0], { records })
    expect(throttled.response).toMatchObject({ throttleTimeMs: 700, errorCode: 0, sessionId: 0, responses: [] })
    expect(released).toBe(1)
    const answer = fetch(12, [{ partition: 0 }], { sessionId: 0, sessionEpoch: 0 }, options)
    answerAll(fetches[1], { records })
    expect(partitionsOf(answer)).toHaveLength(1)
    expect(charged).toEqual([BATCH.length, BATCH.length])
  })

  it('tells a consumer of version 11 which follower to ask, and passes its rack on; older ones ask leaders only', () => {
    const { fetch, fetches } = createFetch()
    const answer = fetch(11, [{ partition: 0 }], { rackId: 'use1-az2' })
    expect(fetches[0]?.spec).toMatchObject({ rackId: 'use1-az2', leaderOnly: false })
    answerAll(fetches[0], { preferredReadReplica: 2 })
    expect(partitionsOf(answer)).toMatchObject([{ preferredReadReplica: 2, errorCode: 0 }])
    fetch(10, [{ partition: 0 }])
    expect(fetches[1]?.spec.leaderOnly).toBe(true)
  })

  it('sends zero-length records, not null, when there are none', () => {
    const { fetch, fetches } = createFetch()
    const answer = fetch(11, [{ partition: 0 }, { partition: 1 }])
    const [first, second] = fetches[0]?.spec.partitions ?? []
    fetches[0]?.answer([
      result(first as FetchPartition),
      result(second as FetchPartition, { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, highWatermark: -1 }),
    ])
    for (const partition of partitionsOf(answer)) expect(partition.records).toEqual(Buffer.alloc(0))
  })

  it('passes the list of aborted transactions on: empty for read_committed, null for read_uncommitted', () => {
    const { fetch, fetches } = createFetch()
    const committed = fetch(11, [{ partition: 0 }], { isolationLevel: 1 })
    expect(fetches[0]?.spec.readCommitted).toBe(true)
    answerAll(fetches[0], { abortedTransactions: [] })
    expect(partitionsOf(committed)[0]?.abortedTransactions).toEqual([])
    const uncommitted = fetch(11, [{ partition: 0 }])
    answerAll(fetches[1])
    expect(partitionsOf(uncommitted)[0]?.abortedTransactions).toBeNull()
  })

  it('caps the request at fetch.max.bytes', () => {
    const { fetch, fetches } = createFetch()
    fetch(11, [{ partition: 0 }], { maxBytes: 0x7fffffff, minBytes: 0x7fffffff })
    expect(fetches[0]?.spec).toMatchObject({ maxBytes: 57_671_680, minBytes: 57_671_680 })
  })

  it('answers an unknown topic id with UNKNOWN_TOPIC_ID at its place, and at once', () => {
    const { fetch, fetches } = createFetch()
    const answer = fetch(13, [{ topicId: OTHER_TOPIC_ID, partition: 0 }, { partition: 1 }])
    expect(fetches[0]?.spec.completeNow).toBe(true)
    expect(fetches[0]?.spec.partitions.map(({ topic, partition }) => `${topic}-${partition}`)).toEqual(['orders-1'])
    answerAll(fetches[0])
    expect(answer.response?.responses.map(({ topicId, partitions }) => [topicId, partitions[0]?.errorCode])).toEqual([
      [OTHER_TOPIC_ID, ErrorCode.UNKNOWN_TOPIC_ID],
      [TOPIC_ID, 0],
    ])
  })

  it('hints at the current leader and, from version 16 on, where it is', () => {
    const { fetch, fetches } = createFetch()
    const answer = fetch(16, [{ partition: 1 }])
    answerAll(fetches[0], {
      errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
      currentLeader: { leaderId: 2, leaderEpoch: 4 },
    })
    expect(partitionsOf(answer)[0]?.currentLeader).toEqual({ leaderId: 2, leaderEpoch: 4 })
    expect(answer.response?.nodeEndpoints).toEqual([{ nodeId: 2, host: 'broker-2', port: 9092, rack: 'zone-2' }])
  })

  it('fails a partition with zstd batches for a client that does not know zstd', () => {
    const { fetch, fetches } = createFetch()
    const zstd = Buffer.from(BATCH)
    zstd.writeInt16BE(CompressionCodec.zstd, ATTRIBUTES_AT)
    let released = 0
    const records = {
      buffers: [Buffer.concat([BATCH, zstd])],
      sizeBytes: 2 * BATCH.length,
      release: () => released++,
      lastOffset: 1,
    }
    const old = fetch(9, [{ partition: 0 }])
    answerAll(fetches[0], { records })
    expect(partitionsOf(old)[0]).toMatchObject({
      errorCode: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
      records: Buffer.alloc(0),
    })
    expect(released).toBe(1)
    const able = fetch(10, [{ partition: 0 }])
    answerAll(fetches[1], { records })
    expect(partitionsOf(able)[0]?.errorCode).toBe(0)
  })

  it('tells clients before version 6 NOT_LEADER_OR_FOLLOWER instead of KAFKA_STORAGE_ERROR', () => {
    for (const [version, errorCode] of [
      [5, 6],
      [6, 56],
    ] as const) {
      const { fetch, fetches } = createFetch()
      const answer = fetch(version, [{ partition: 0 }])
      answerAll(fetches[0], { errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
      expect(partitionsOf(answer)[0]?.errorCode).toBe(errorCode)
    }
  })

  it('closes a client connection that fetches as a follower', () => {
    const { fetch, fetches } = createFetch()
    expect(fetch(11, [{ partition: 0 }], { replicaId: 2 }).closed).toMatch(/replica id/)
    expect(fetch(15, [{ partition: 0 }], { replicaState: { replicaId: 2, replicaEpoch: 1 } }).closed).toMatch(
      /replica id/,
    )
    expect(fetches.length).toBe(0)
  })

  it('takes replica id and epoch of a follower from the internal listener', () => {
    const { fetch, fetches } = createFetch()
    fetch(
      15,
      [{ partition: 0 }],
      { replicaState: { replicaId: 2, replicaEpoch: 77 } },
      { connection: { internal: true } },
    )
    expect(fetches[0]?.spec).toMatchObject({ replicaId: 2, replicaEpoch: 77 })
  })

  it('gives a long poll up when its connection closes', () => {
    const { fetch, fetches } = createFetch()
    const answer = fetch(11, [{ partition: 0 }])
    answer.disconnect()
    expect(fetches[0]?.givenUp).toBe(true)
    expect(answer.responses).toBe(1)
  })

  it('stops listening to its connection once it has answered', () => {
    const { fetch, fetches } = createFetch()
    const answer = fetch(11, [{ partition: 0 }])
    answerAll(fetches[0])
    answer.disconnect()
    expect(fetches[0]?.givenUp).toBe(false)
    expect(answer.responses).toBe(1)
  })
})

describe('Fetch sessions', () => {
  it('opens a session, then tells only what changed', () => {
    const { fetch, fetches } = createFetch()
    const full = fetch(11, [{ partition: 0 }, { partition: 1 }], { sessionId: 0, sessionEpoch: 0 })
    answerAll(fetches[0])
    const sessionId = full.response?.sessionId ?? 0
    expect(sessionId).toBeGreaterThan(0)
    expect(partitionsOf(full).length).toBe(2)

    const unchanged = fetch(11, [], { sessionId, sessionEpoch: 1 })
    expect(fetches[1]?.spec.partitions.map(({ partition }) => partition)).toEqual([0, 1])
    answerAll(fetches[1])
    expect(unchanged.response).toMatchObject({ sessionId, errorCode: 0, responses: [] })

    const moved = fetch(11, [], { sessionId, sessionEpoch: 2 })
    const [first, second] = fetches[2]?.spec.partitions ?? []
    fetches[2]?.answer([result(first as FetchPartition), result(second as FetchPartition, { highWatermark: 11 })])
    expect(partitionsOf(moved).map(({ partitionIndex }) => partitionIndex)).toEqual([1])
  })

  it.each([
    ['records', { records: { buffers: [BATCH], sizeBytes: BATCH.length, release: null, lastOffset: 0 } }],
    ['a new log start', { logStartOffset: 4 }],
    ['a new last stable offset', { lastStableOffset: 9 }],
    ['a diverging epoch', { divergingEpoch: { epoch: 1, endOffset: 2 } }],
    ['an error', { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }],
  ])('tells of %s', (_name, change) => {
    const { fetch, fetches } = createFetch()
    const full = fetch(12, [{ partition: 0 }], { sessionEpoch: 0 })
    answerAll(fetches[0])
    const changed = fetch(12, [], { sessionId: full.response?.sessionId ?? 0, sessionEpoch: 1 })
    answerAll(fetches[1], change)
    expect(partitionsOf(changed).length).toBe(1)
  })

  it('tells of an error every time, and of its end', () => {
    const { fetch, fetches } = createFetch()
    const failure = { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }
    const sessionId = (() => {
      const full = fetch(11, [{ partition: 0 }], { sessionEpoch: 0 })
      answerAll(fetches[0], failure)
      return full.response?.sessionId ?? 0
    })()
    const counts = [failure, failure, {}, {}].map((change, index) => {
      const answer = fetch(11, [], { sessionId, sessionEpoch: index + 1 })
      answerAll(fetches.at(-1), change)
      return partitionsOf(answer).length
    })
    expect(counts).toEqual([1, 1, 1, 0])
  })

  it('moves a partition that returned data behind the others', () => {
    const { fetch, fetches } = createFetch()
    const full = fetch(11, [{ partition: 0 }, { partition: 1 }, { partition: 2 }], { sessionEpoch: 0 })
    answerAll(fetches[0])
    fetch(11, [], { sessionId: full.response?.sessionId ?? 0, sessionEpoch: 1 })
    const [first, ...others] = fetches[1]?.spec.partitions ?? []
    const records = { buffers: [BATCH], sizeBytes: BATCH.length, release: null, lastOffset: 0 }
    fetches[1]?.answer([result(first as FetchPartition, { records }), ...others.map((request) => result(request))])
    fetch(11, [], { sessionId: full.response?.sessionId ?? 0, sessionEpoch: 2 })
    expect(fetches[2]?.spec.partitions.map(({ partition }) => partition)).toEqual([1, 2, 0])
  })

  it('takes on new offsets and drops forgotten partitions', () => {
    const { fetch, fetches } = createFetch()
    const full = fetch(11, [{ partition: 0 }, { partition: 1 }], { sessionEpoch: 0 })
    answerAll(fetches[0])
    const sessionId = full.response?.sessionId ?? 0
    fetch(11, [{ partition: 1, fetchOffset: 55 }], {
      sessionId,
      sessionEpoch: 1,
      forgottenTopicsData: [{ topic: 'orders', partitions: [0] }],
    })
    expect(fetches[1]?.spec.partitions.map(({ partition, fetchOffset }) => [partition, fetchOffset])).toEqual([[1, 55]])
  })

  it('refuses unknown sessions and wrong epochs at the top of the response', () => {
    const { fetch, fetches } = createFetch()
    const unknown = fetch(11, [{ partition: 0 }], { sessionId: 99, sessionEpoch: 1 })
    expect(unknown.response).toMatchObject({
      errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
      sessionId: 0,
      responses: [],
    })
    const full = fetch(11, [{ partition: 0 }], { sessionEpoch: 0 })
    answerAll(fetches[0])
    const wrong = fetch(11, [], { sessionId: full.response?.sessionId ?? 0, sessionEpoch: 2 })
    expect(wrong.response?.errorCode).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  })

  it('refuses a session that mixes names and ids', () => {
    const { fetch, fetches } = createFetch()
    const full = fetch(12, [{ partition: 0 }], { sessionEpoch: 0 })
    answerAll(fetches[0])
    const mixed = fetch(13, [], { sessionId: full.response?.sessionId ?? 0, sessionEpoch: 1 })
    expect(mixed.response?.errorCode).toBe(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
  })

  it('ends a session with epoch -1 and answers in full', () => {
    const { fetch, fetches, sessions } = createFetch()
    const full = fetch(11, [{ partition: 0 }], { sessionEpoch: 0 })
    answerAll(fetches[0])
    expect(sessions.size).toBe(1)
    const last = fetch(11, [{ partition: 0 }], { sessionId: full.response?.sessionId ?? 0, sessionEpoch: -1 })
    answerAll(fetches[1])
    expect(sessions.size).toBe(0)
    expect(last.response?.sessionId).toBe(0)
    expect(partitionsOf(last).length).toBe(1)
  })

  it('finds the topic of an id anew at every fetch of a session', () => {
    const { fetch, fetches, publish, runtime } = createFetch()
    const full = fetch(13, [{ partition: 0 }], { sessionEpoch: 0 })
    answerAll(fetches[0])
    publish(imageOf([...runtime.metadata.image.brokers.values()], []))
    const gone = fetch(13, [], { sessionId: full.response?.sessionId ?? 0, sessionEpoch: 1 })
    fetches[1]?.answer([])
    expect(partitionsOf(gone)[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  })

  it('answers partitions of topics that may not be read with TOPIC_AUTHORIZATION_FAILED, and reads the others', () => {
    const { runtime, fetches, fetch } = createFetch()
    const readOrders = {
      resourceType: ResourceType.TOPIC,
      resourceName: 'orders',
      patternType: PatternType.LITERAL,
      principal: 'User:ANONYMOUS',
      host: '*',
      operation: AclOperation.READ,
      permissionType: PermissionType.ALLOW,
    }
    runtime.authorizer.use([
      new AclAuthority({ acls: [readOrders], superUsers: new Set(), allowEveryoneIfNoAcl: false }),
    ])
    const answer = fetch(11, [
      { topic: 'secret', partition: 0 },
      { topic: 'orders', partition: 0 },
    ])
    expect(fetches[0]?.spec.partitions.map(({ topic }) => topic)).toEqual(['orders'])
    expect(fetches[0]?.spec.completeNow).toBe(true)
    fetches[0]?.answer(fetches[0].spec.partitions.map((asked) => result(asked)))
    const told = answer.response?.responses.map(({ topic, partitions }) => [topic, partitions[0]?.errorCode])
    expect(told).toEqual([
      ['secret', ErrorCode.TOPIC_AUTHORIZATION_FAILED],
      ['orders', ErrorCode.NONE],
    ])
  })

  it('gives no records of a topic that may not be read any more to a fetch that has waited for them', () => {
    const { runtime, fetches, fetch } = createFetch()
    const decides = (allowEveryoneIfNoAcl: boolean): void =>
      runtime.authorizer.use([new AclAuthority({ acls: [], superUsers: new Set(), allowEveryoneIfNoAcl })])
    let released = 0
    const records = { buffers: [BATCH], sizeBytes: BATCH.length, release: () => void released++, lastOffset: 0 }
    const answerOf = (change: () => void): number | undefined => {
      decides(true)
      const answer = fetch(11, [{ partition: 0 }], { sessionEpoch: -1 })
      const parked = fetches.at(-1)
      change()
      parked?.answer(parked.spec.partitions.map((asked) => ({ ...result(asked), records })))
      const [partition] = partitionsOf(answer)
      expect(partition?.records?.length ?? 0).toBe(partition?.errorCode === ErrorCode.NONE ? BATCH.length : 0)
      return partition?.errorCode
    }
    expect(answerOf(() => decides(false))).toBe(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    expect(released).toBe(1)
    expect(answerOf(() => decides(true))).toBe(ErrorCode.NONE)
  })
})
