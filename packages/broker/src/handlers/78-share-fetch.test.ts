import { AclOperation, PatternType, PermissionType, ResourceType } from '@millrace/policy/acl/acl'
import { AclAuthority } from '@millrace/policy/acl/authority'
import { ErrorCode } from '@millrace/protocol/errors'
import { shareFetchRequest, shareFetchResponse } from '@millrace/protocol/messages/78-share-fetch'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { describe, expect, it } from 'vitest'
import type { FetchWaiter } from '../replication/fetch-types.ts'
import type { ShareParts } from '../share-partitions/share-parts.ts'
import { ShareSessions } from '../share-partitions/share-sessions.ts'
import { shareFetchHandler } from './78-share-fetch.ts'
import { ask, createHandlerFixture, defaultImage, TOPIC_ID } from './handler-fixture.ts'

const BATCH = buildBatch({ records: [{ value: Buffer.from('hello') }], timestampMs: 1 })

/** `orders` lets User:ANONYMOUS read while `may`, and write in any case. */
function authority(may: boolean): AclAuthority {
  const acl = (operation: number) => ({
    resourceType: ResourceType.TOPIC,
    resourceName: 'orders',
    patternType: PatternType.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation,
    permissionType: PermissionType.ALLOW,
  })
  const acls = [acl(AclOperation.WRITE), ...(may ? [acl(AclOperation.READ)] : [])]
  return new AclAuthority({ acls, superUsers: new Set(), allowEveryoneIfNoAcl: false })
}

type Acknowledgements = { firstOffset: number; lastOffset: number; acknowledgeTypes: number[] }[]

/** A member waits for records of `orders`-0, which is empty until `append`. */
function waitingMember() {
  const fixture = createHandlerFixture(defaultImage({ features: new Map([['share.version', 1]]) }))
  fixture.runtime.authorizer.use([authority(true)])
  const read = { released: 0 }
  const waiters = new Set<FetchWaiter>()
  const partition = {
    highWatermark: 0,
    lastStableOffset: 0,
    consumerWaiters: new Set<FetchWaiter>(),
    log: {
      read: () => ({ buffers: [BATCH], sizeBytes: BATCH.length, release: () => read.released++, lastOffset: 0 }),
    },
  }
  const share = {
    id: { groupId: 'readers', topicId: TOPIC_ID, partition: 0 },
    errorCode: ErrorCode.NONE,
    isActive: true,
    settings: { readCommitted: false },
    partition,
    waiters,
    givenBack: [] as unknown[],
    giveBack: (...args: unknown[]) => share.givenBack.push(args),
    /** Of acknowledgements that are being written. */
    writing: [] as ((errorCode: number) => void)[],
    acknowledge: (_memberId: string, _batches: unknown, done: (errorCode: number) => void) => share.writing.push(done),
    nextOffset: () => 0,
    acquire: () => ({
      recordCount: 1,
      sizeBytes: BATCH.length,
      ranges: [{ firstOffset: 0, lastOffset: 0, deliveryCount: 1 }],
      buffers: [BATCH],
    }),
  }
  const parts = {
    shares: { open: () => ({ share, errorCode: ErrorCode.NONE, currentLeader: null }) },
    sessions: new ShareSessions(
      () => 10,
      () => undefined,
    ),
  }
  const handler = shareFetchHandler(fixture.runtime, parts as unknown as ShareParts)
  const fetch = (shareSessionEpoch: number, acknowledgementBatches: Acknowledgements = [], maxWaitMs = 60_000) =>
    ask(handler, shareFetchRequest, shareFetchResponse, 1, {
      groupId: 'readers',
      memberId: 'member',
      shareSessionEpoch,
      maxWaitMs,
      minBytes: 1,
      maxBytes: 1_000_000,
      maxRecords: 100,
      batchSize: 100,
      topics: [{ topicId: TOPIC_ID, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }],
      forgottenTopicsData: [],
    })
  const answer = fetch(0)
  return {
    answer,
    fetch,
    share,
    read,
    use: (may: boolean) => fixture.runtime.authorizer.use([authority(may)]),
    append: () => {
      partition.highWatermark = 1
      for (const waiter of waiters) waiter.wake(false)
      fixture.world.advance(1)
    },
    partitionOf: () => answer.response?.responses[0]?.partitions[0],
  }
}

describe('ShareFetch', () => {
  it('gives a member that waits the records that come', () => {
    const { answer, append, read, partitionOf } = waitingMember()
    expect(answer.responses).toBe(0)
    append()
    expect(partitionOf()).toMatchObject({ errorCode: ErrorCode.NONE, acquiredRecords: [{ firstOffset: 0 }] })
    expect(partitionOf()?.records?.equals(BATCH)).toBe(true)
    expect(read.released).toBe(0)
    answer.release?.()
    expect(read.released).toBe(1)
  })

  it('lets go of what was read once, when its connection goes while acknowledgements are being written', () => {
    const { answer, append, fetch, share, read } = waitingMember()
    append()
    answer.release?.()
    const next = fetch(1, [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }])
    expect([next.responses, share.writing.length, read.released]).toEqual([0, 1, 1])
    next.disconnect()
    share.writing[0]?.(ErrorCode.NONE)
    next.release?.()
    expect([next.responses, read.released]).toEqual([1, 2])
  })

  it('acquires nothing for a member that has opened another session', () => {
    const { answer, append, fetch, read } = waitingMember()
    fetch(0, [], 0)
    expect([answer.responses, answer.response?.responses[0]?.partitions[0]?.acquiredRecords]).toEqual([1, []])
    append()
    expect([answer.responses, read.released]).toEqual([1, 0])
  })

  it('gives a member that waits none that it may not read any more, and gives it back', () => {
    const { answer, append, read, use, partitionOf, share } = waitingMember()
    use(false)
    expect(answer.responses).toBe(0)
    append()
    expect(partitionOf()).toMatchObject({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, acquiredRecords: [] })
    expect(partitionOf()?.records).toHaveLength(0)
    expect([read.released, answer.release]).toEqual([1, null])
    expect(share.givenBack).toEqual([['member', [{ firstOffset: 0, lastOffset: 0, deliveryCount: 1 }]]])
  })

  it('refuses at once what a member may not read of the session that it opened when it could', () => {
    const { fetch, append, share, use } = waitingMember()
    use(false)
    append()
    const next = fetch(1)
    expect(next.responses).toBe(1)
    const partition = next.response?.responses[0]?.partitions[0]
    expect(partition).toMatchObject({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, acquiredRecords: [] })
    expect(share.givenBack).toHaveLength(1)
  })

  it('asks for nothing but the right to read: other rules that change are no matter', () => {
    const { append, use, partitionOf } = waitingMember()
    use(false)
    use(true)
    append()
    expect(partitionOf()?.records?.equals(BATCH)).toBe(true)
  })
})
