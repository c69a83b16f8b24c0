import { AclOperation, PatternType, PermissionType, ResourceType } from '@millrace/policy/acl/acl'
import { AclAuthority } from '@millrace/policy/acl/authority'
import { ErrorCode } from '@millrace/protocol/errors'
import { describe, expect, it } from 'vitest'
import type { FetchPartition } from '../replication/fetch-types.ts'
import { imageOf } from './handler-fixture.ts'
import { answerAll, BATCH, createFetch, partitionsOf, result } from './fetch-fixture.ts'

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
