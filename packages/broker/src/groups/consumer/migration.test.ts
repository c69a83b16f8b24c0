import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { readAssignment, writeAssignment } from '../consumer-protocol.ts'
import type { ClassicGroup } from '../classic-group.ts'
import { fromWire } from '../modern/topic-partitions.ts'
import { owned, serveConsumers, shown, subscription, type Fixture } from './consumer-fixture.ts'

function protocols(has: Record<string, number[]> = {}) {
  return { protocols: [{ name: 'range', metadata: subscription(['orders'], has) }] }
}

/** 'orders-0 orders-1' of a SyncGroup's assignment. */
function synced(fixture: Fixture, memberId: string, generationId: number): string | number {
  const { result } = fixture.sync(memberId, generationId)
  if (result === null) return 'nothing'
  if (result.errorCode !== ErrorCode.NONE) return result.errorCode
  const topics = readAssignment(result.assignment)?.assignedPartitions ?? []
  return topics.flatMap(({ topic, partitions }) => partitions.map((one) => `${topic}-${one}`)).join(' ')
}

/** A classic group of one member that has all of orders, at generation 1. */
function classic(properties: Record<string, string> = {}): { fixture: Fixture; memberId: string } {
  const fixture = serveConsumers({ orders: 4 }, properties)
  const memberId = fixture.join('').result?.memberId ?? ''
  fixture.sync(memberId, 1, [[memberId, writeAssignment(1, [{ topic: 'orders', partitions: [0, 1, 2, 3] }])]])
  return { fixture, memberId }
}

/** The same after a consumer m1 joined: two partitions each, both at epoch 2. */
function mixed(): { fixture: Fixture; memberId: string } {
  const { fixture, memberId } = classic()
  fixture.heartbeat('m1', 0)
  expect(fixture.classicHeartbeat(memberId, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  fixture.join(memberId, protocols({ orders: [0, 1, 2, 3] }))
  fixture.sync(memberId, 1)
  fixture.join(memberId, protocols({ orders: [0, 1] }))
  fixture.sync(memberId, 2)
  fixture.heartbeat('m1', 2)
  return { fixture, memberId }
}

describe('a classic group', () => {
  it('becomes a consumer group when a consumer joins, and its members stay where they are', () => {
    const { fixture, memberId } = classic()
    const told = fixture.heartbeat('m1', 0)
    expect(told).toMatchObject({ errorCode: 0, memberEpoch: 2 })
    const member = fixture.group().members.get(memberId)
    expect([member?.memberEpoch, shown(member?.assigned ?? new Map())]).toEqual([
      1,
      'orders-0 orders-1 orders-2 orders-3',
    ])
    expect(fixture.group().classicMembers).toBe(1)
  })

  it('keeps its offsets', () => {
    const { fixture, memberId } = classic()
    const claim = { memberId, groupInstanceId: null, generationId: 1 }
    const offsets = [{ topic: 'orders', partition: 0, offset: 7, leaderEpoch: -1, metadata: '' }]
    fixture.commits.commit({ groupId: 'g', claim, retentionMs: -1, apiVersion: 8, offsets }, () => {})
    fixture.world.advance(5)
    fixture.heartbeat('m1', 0)
    expect(fixture.commits.fetch('g', 'orders', 0)?.offset).toBe(7)
    const next = serveConsumers({ orders: 4 }, {}, fixture.batches)
    expect(next.group().offsets.get('orders', 0)?.offset).toBe(7)
  })

  it('that nobody is in any more gives its place to a consumer group', () => {
    const { fixture, memberId } = classic()
    fixture.classics.leave('g', [{ memberId, groupInstanceId: null }], () => {})
    fixture.world.advance(5)
    expect(fixture.heartbeat('m1', 0).memberEpoch).toBe(1)
    expect(serveConsumers({ orders: 4 }, {}, fixture.batches).group().members.size).toBe(1)
  })

  it('tells whoever waits in it to join again', () => {
    const { fixture } = classic()
    const waiting = fixture.join('')
    expect(waiting.result).toBeNull()
    fixture.heartbeat('m1', 0)
    expect(waiting.result?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  it.each(['downgrade', 'disabled'])('stays classic under the policy %s', (policy) => {
    const { fixture, memberId } = classic({ 'group.consumer.migration.policy': policy })
    expect(fixture.heartbeat('m1', 0).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
    expect(fixture.classicHeartbeat(memberId, 1)).toBe(ErrorCode.NONE)
  })

  it('stays classic when its assignor keeps data in its assignments', () => {
    const fixture = serveConsumers()
    const memberId = fixture.join('').result?.memberId ?? ''
    const withData = Buffer.concat([writeAssignment(1, []).subarray(0, 6), Buffer.from([0, 0, 0, 1, 9])])
    fixture.sync(memberId, 1, [[memberId, withData]])
    expect(fixture.heartbeat('m1', 0).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  })
})

describe('a classic member of a consumer group', () => {
  it('gives up and takes by joining again', () => {
    const { fixture, memberId } = classic()
    fixture.heartbeat('m1', 0)
    expect(fixture.classicHeartbeat(memberId, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    const first = fixture.join(memberId, protocols({ orders: [0, 1, 2, 3] })).result
    expect(first).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range', leaderId: '', members: [] })
    expect(synced(fixture, memberId, 1)).toBe('orders-0 orders-1')
    expect(fixture.classicHeartbeat(memberId, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    expect(fixture.join(memberId, protocols({ orders: [0, 1] })).result?.generationId).toBe(2)
    expect(synced(fixture, memberId, 2)).toBe('orders-0 orders-1')
    expect(fixture.classicHeartbeat(memberId, 2)).toBe(ErrorCode.NONE)
    expect(shown(fixture.group().targetOf('m1'))).toBe('orders-2 orders-3')
    const { assignment } = fixture.heartbeat('m1', 2)
    expect(shown(fromWire(assignment?.topicPartitions ?? []))).toBe('orders-2 orders-3')
  })

  it('is given an id before it is let in', () => {
    const { fixture } = mixed()
    const told = fixture.join('', { requiresKnownMemberId: true }).result
    expect(told?.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED)
    expect(told?.memberId).toMatch(/^classic-/)
    expect(fixture.join(told?.memberId ?? '', protocols()).result).toMatchObject({ errorCode: 0, generationId: 3 })
    expect(fixture.group().members.size).toBe(3)
  })

  it('is told to join again when what it waits for is free, not before', () => {
    const { fixture } = mixed()
    const waiting = fixture.join('', protocols()).result?.memberId ?? ''
    expect(synced(fixture, waiting, 3)).toBe('')
    expect(fixture.classicHeartbeat(waiting, 3)).toBe(ErrorCode.NONE)
    fixture.heartbeat('m1', 2, { owned: owned('orders-2 orders-3') })
    expect(fixture.classicHeartbeat(waiting, 3)).toBe(ErrorCode.NONE)
    fixture.heartbeat('m1', 2, { owned: owned('orders-2') })
    expect(fixture.classicHeartbeat(waiting, 3)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    fixture.join(waiting, protocols())
    expect(synced(fixture, waiting, 3)).toBe('orders-3')
  })

  it.each([
    ['another generation', 9, ErrorCode.ILLEGAL_GENERATION],
    ['its own', 2, ErrorCode.NONE],
  ])('with %s commits as it may', (_name, generationId, errorCode) => {
    const { fixture, memberId } = mixed()
    const claim = { memberId, groupInstanceId: null, generationId }
    const offsets = [{ topic: 'orders', partition: 0, offset: 7, leaderEpoch: -1, metadata: '' }]
    let told: readonly number[] = []
    fixture.commits.commit({ groupId: 'g', claim, retentionMs: -1, apiVersion: 8, offsets }, (codes) => (told = codes))
    fixture.world.advance(5)
    expect(told).toEqual([errorCode])
  })

  it('with other protocols than its peers is refused', () => {
    const { fixture } = mixed()
    const odd = { protocols: [{ name: 'odd', metadata: subscription(['orders']) }] }
    expect(fixture.join('', odd).result?.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  })

  it('that does not join in its rebalance timeout is out', () => {
    const { fixture, memberId } = mixed()
    fixture.heartbeat('m2', 0)
    expect(fixture.classicHeartbeat(memberId, 2)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    for (let waited = 0; waited < 20_000; waited += 4_000) {
      fixture.classicHeartbeat(memberId, 2)
      fixture.world.advance(4_000)
    }
    expect([...fixture.group().members.keys()]).toEqual(['m1', 'm2'])
  })

  it('does not heartbeat, sync or leave in the name of a consumer', () => {
    const { fixture } = mixed()
    expect(fixture.classicHeartbeat('m1', 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(synced(fixture, 'm1', 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    let told: readonly number[] = []
    fixture.classics.leave('g', [{ memberId: 'm1', groupInstanceId: null }], (codes) => (told = codes))
    expect(told).toEqual([ErrorCode.UNKNOWN_MEMBER_ID])
  })
})

describe('a consumer group', () => {
  it('becomes classic when its last consumer leaves, and rebalances', () => {
    const { fixture, memberId } = mixed()
    fixture.heartbeat('m1', -1)
    const group = fixture.shard.groups.get('g') as ClassicGroup
    expect([group.type, group.state, group.generationId]).toEqual(['classic', 'PreparingRebalance', 2])
    const rejoined = fixture.join(memberId, protocols({ orders: [0, 1] })).result
    expect(rejoined).toMatchObject({ errorCode: 0, generationId: 3, leaderId: memberId })
    const next = serveConsumers({ orders: 4 }, {}, fixture.batches)
    expect(next.shard.groups.get('g')?.type).toBe('classic')
  })

  it('becomes classic when its last consumer is not heard of', () => {
    const { fixture, memberId } = mixed()
    for (let waited = 0; waited < 46_000; waited += 5_000) {
      fixture.classicHeartbeat(memberId, 2)
      fixture.world.advance(5_000)
    }
    expect(fixture.shard.groups.get('g')?.type).toBe('classic')
  })

  it('stays one while another consumer is there', () => {
    const { fixture } = mixed()
    fixture.heartbeat('m2', 0)
    fixture.heartbeat('m1', -1)
    expect([...fixture.group().members.keys()]).toContain('m2')
  })

  it('that is empty gives its place to a classic group', () => {
    const fixture = serveConsumers()
    fixture.heartbeat('m1', 0)
    fixture.heartbeat('m1', -1)
    expect(fixture.join('').result).toMatchObject({ errorCode: 0, generationId: 1 })
    expect(fixture.shard.groups.get('g')?.type).toBe('classic')
  })

  it('becomes classic when the static member that was its last consumer comes back as a classic one', () => {
    const { fixture, memberId } = classic()
    const instance = { instanceId: 'i1' }
    fixture.heartbeat('m1', 0, instance)
    fixture.heartbeat('m1', -2, instance)
    const waiting = fixture.join('', { groupInstanceId: 'i1', ...protocols() })
    expect(fixture.shard.groups.get('g')?.type).toBe('classic')
    fixture.join(memberId, protocols())
    expect(waiting.result?.errorCode).toBe(ErrorCode.NONE)
  })

  it('lets an operator remove a static member by its instance id', () => {
    const fixture = serveConsumers()
    fixture.heartbeat('m1', 0, { instanceId: 'i1' })
    let told: readonly number[] = []
    fixture.classics.leave('g', [{ memberId: '', groupInstanceId: 'i1' }], (codes) => (told = codes))
    fixture.world.advance(5)
    expect([told, fixture.group().members.size]).toEqual([[ErrorCode.NONE], 0])
  })
})

describe('offsets of a consumer group', () => {
  const at = [{ topic: 'orders', partition: 0, offset: 7, leaderEpoch: -1, metadata: '' }]

  it.each([
    ['its member at its epoch', 'm1', 1, 9, ErrorCode.NONE],
    ['its member at another epoch', 'm1', 4, 9, ErrorCode.STALE_MEMBER_EPOCH],
    ['its member with an old request', 'm1', 1, 8, ErrorCode.UNSUPPORTED_VERSION],
    ['a stranger', 'm9', 1, 9, ErrorCode.UNKNOWN_MEMBER_ID],
    ['nobody, while it has members', '', -1, 9, ErrorCode.UNKNOWN_MEMBER_ID],
  ])('are committed by %s as they may be', (_name, memberId, generationId, apiVersion, errorCode) => {
    const fixture = serveConsumers()
    fixture.heartbeat('m1', 0)
    const claim = { memberId, groupInstanceId: null, generationId }
    let told: readonly number[] = []
    fixture.commits.commit({ groupId: 'g', claim, retentionMs: -1, apiVersion, offsets: at }, (codes) => (told = codes))
    fixture.world.advance(5)
    expect(told).toEqual([errorCode])
  })

  it.each([
    [null, -1, ErrorCode.NONE],
    ['m1', 1, ErrorCode.NONE],
    ['m1', 2, ErrorCode.STALE_MEMBER_EPOCH],
    ['m9', 1, ErrorCode.UNKNOWN_MEMBER_ID],
  ])('are read by %j at epoch %d with %d', (memberId, epoch, errorCode) => {
    const fixture = serveConsumers()
    fixture.heartbeat('m1', 0)
    expect(fixture.commits.checkFetch('g', memberId, epoch)).toBe(errorCode)
  })

  it('in a transaction are those of a member at its epoch, or of nobody', () => {
    const { heartbeat, commits } = serveConsumers()
    heartbeat('m1', 0)
    const check = (memberId: string, generationId: number): number =>
      commits.checkTransactional('g', { memberId, groupInstanceId: null, generationId })
    expect([check('m1', 1), check('m1', 5), check('', -1)]).toEqual([0, ErrorCode.STALE_MEMBER_EPOCH, 0])
  })

  it('expire when nobody subscribes to the topic, and the group with them', () => {
    const fixture = serveConsumers()
    fixture.heartbeat('m1', 0)
    const claim = { memberId: 'm1', groupInstanceId: null, generationId: 1 }
    fixture.commits.commit({ groupId: 'g', claim, retentionMs: -1, apiVersion: 9, offsets: at }, () => {})
    fixture.world.advance(1_000)
    fixture.commits.expire(500)
    fixture.world.advance(5)
    expect(fixture.commits.fetch('g', 'orders', 0)?.offset).toBe(7)
    fixture.heartbeat('m1', -1)
    fixture.commits.expire(500)
    fixture.world.advance(5)
    expect(fixture.shard.groups.size).toBe(0)
    expect(serveConsumers({ orders: 4 }, {}, fixture.batches).shard.groups.size).toBe(0)
  })

  it('and the group are deleted by an operator once it is empty', () => {
    const fixture = serveConsumers()
    const told: number[] = []
    fixture.heartbeat('m1', 0)
    fixture.commits.deleteGroup('g', (errorCode) => told.push(errorCode))
    fixture.heartbeat('m1', -1)
    fixture.commits.deleteGroup('g', (errorCode) => told.push(errorCode))
    fixture.world.advance(5)
    expect(told).toEqual([ErrorCode.NON_EMPTY_GROUP, ErrorCode.NONE])
    expect(fixture.shard.groups.size).toBe(0)
  })

  it('of a subscribed topic cannot be deleted', () => {
    const fixture = serveConsumers()
    fixture.heartbeat('m1', 0, { owned: owned('') })
    let told: readonly number[] = []
    fixture.commits.deleteOffsets('g', [{ topic: 'orders', partition: 0 }], (_group, codes) => (told = codes))
    expect(told).toEqual([ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC])
  })
})
