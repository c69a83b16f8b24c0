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
  const answer = ask(handler, shareFetchRequest, shareFetchResponse, 1, {
    groupId: 'readers',
    memberId: 'member',
    shareSessionEpoch: 0,
    maxWaitMs: 60_000,
    minBytes: 1,
    maxBytes: 1_000_000,
    maxRecords: 100,
    batchSize: 100,
    topics: [{ topicId: TOPIC_ID, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }],
    forgottenTopicsData: [],
  })
  return {
    answer,
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

  it('gives a member that waits none that it may not read any more, and lets go of what was read', () => {
    const { answer, append, read, use, partitionOf } = waitingMember()
    use(false)
    expect(answer.responses).toBe(0)
    append()
    expect(partitionOf()).toMatchObject({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, acquiredRecords: [] })
    expect(partitionOf()?.records).toHaveLength(0)
    expect([read.released, answer.release]).toEqual([1, null])
  })

  it('asks for nothing but the right to read: other rules that change are no matter', () => {
    const { append, use, partitionOf } = waitingMember()
    use(false)
    use(true)
    append()
    expect(partitionOf()?.records?.equals(BATCH)).toBe(true)
  })
})
