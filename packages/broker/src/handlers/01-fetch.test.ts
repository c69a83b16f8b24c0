import { ErrorCode } from '@millrace/protocol/errors'
import { CompressionCodec } from '@millrace/protocol/compression/compression'
import { describe, expect, it } from 'vitest'
import type { ConnectionQuota } from '@millrace/network/request-quotas'
import type { FetchPartition } from '../replication/fetch-types.ts'
import { OTHER_TOPIC_ID, TOPIC_ID } from './handler-fixture.ts'
import { answerAll, BATCH, createFetch, partitionsOf, result } from './fetch-fixture.ts'

const ATTRIBUTES_AT = 21

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
      explain: () => null,
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
