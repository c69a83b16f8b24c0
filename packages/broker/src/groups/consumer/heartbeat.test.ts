import { describe, expect, it } from 'vitest'
import { ConfigResourceType } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import { fromWire } from '../modern/topic-partitions.ts'
import { imageWith, owned, serveConsumers, shown, type Fixture } from './consumer-fixture.ts'
import type { HeartbeatResult } from './consumer-members.ts'

function given({ assignment }: HeartbeatResult): string | null {
  return assignment === null ? null : shown(fromWire(assignment.topicPartitions))
}

/** m1 with all of orders, at epoch 1. */
function single(): Fixture {
  const fixture = serveConsumers()
  fixture.heartbeat('m1', 0)
  return fixture
}

/** m1 and m2 with two partitions each, both at epoch 2. */
function pair(): Fixture {
  const fixture = single()
  fixture.heartbeat('m2', 0)
  fixture.heartbeat('m1', 1, { owned: owned('orders-0 orders-1 orders-2 orders-3') })
  fixture.heartbeat('m1', 1, { owned: owned('orders-0 orders-1') })
  fixture.heartbeat('m2', 2)
  return fixture
}

describe('a heartbeat', () => {
  it('of the first member makes the group and gives it everything', () => {
    const { heartbeat, group } = serveConsumers()
    const told = heartbeat('m1', 0)
    expect(told).toMatchObject({ errorCode: 0, memberId: 'm1', memberEpoch: 1, heartbeatIntervalMs: 5_000 })
    expect(given(told)).toBe('orders-0 orders-1 orders-2 orders-3')
    expect(group().state).toBe('Stable')
  })

  it('that changes nothing writes nothing and repeats no assignment', () => {
    const { heartbeat, batches } = single()
    const written = batches.length
    const told = heartbeat('m1', 1)
    expect([told.memberEpoch, given(told), batches.length]).toEqual([1, null, written])
  })

  it('in full is told its assignment again', () => {
    const { heartbeat } = single()
    const whole = { rebalanceTimeoutMs: 1_000, subscribedTopicNames: ['orders'], owned: owned('orders-0') }
    expect(given(heartbeat('m1', 1, whole))).toBe('orders-0 orders-1 orders-2 orders-3')
  })

  it('moves a partition only when its owner has given it up', () => {
    const { heartbeat, group } = single()
    const joined = heartbeat('m2', 0)
    expect([joined.memberEpoch, given(joined), group().state]).toEqual([2, '', 'Reconciling'])
    const revoking = heartbeat('m1', 1)
    expect([revoking.memberEpoch, given(revoking)]).toEqual([1, 'orders-0 orders-1'])
    expect(given(heartbeat('m2', 2))).toBeNull()
    const revoked = heartbeat('m1', 1, { owned: owned('orders-0 orders-1') })
    expect(revoked.memberEpoch).toBe(2)
    expect(given(heartbeat('m2', 2))).toBe('orders-2 orders-3')
    expect(group().state).toBe('Stable')
  })

  it('notices a topic that grows, and one that comes', () => {
    const { heartbeat, setTopics, group } = single()
    setTopics({ orders: 6 })
    const grown = heartbeat('m1', 1)
    expect([grown.memberEpoch, given(grown)]).toEqual([2, 'orders-0 orders-1 orders-2 orders-3 orders-4 orders-5'])
    setTopics({ orders: 6, payments: 1 })
    expect(heartbeat('m1', 2).memberEpoch).toBe(2)
    expect(group().groupEpoch).toBe(2)
    const more = heartbeat('m1', 2, { subscribedTopicNames: ['orders', 'payments'] })
    expect(given(more)).toContain('payments-0')
  })

  it('takes away the partitions of a topic that is gone', () => {
    const { heartbeat, setTopics } = single()
    setTopics({})
    expect(given(heartbeat('m1', 1, { owned: owned('orders-0') }))).toBe('')
    expect(heartbeat('m1', 1, { owned: owned('') }).memberEpoch).toBe(2)
  })

  it.each([
    ['an epoch ahead', 3, null, ErrorCode.FENCED_MEMBER_EPOCH],
    ['an epoch behind', 1, null, ErrorCode.FENCED_MEMBER_EPOCH],
    ['the epoch before, with partitions it should not have', 1, owned('orders-3'), ErrorCode.FENCED_MEMBER_EPOCH],
    ['the epoch before, as its answer was lost', 1, owned('orders-0 orders-1'), ErrorCode.NONE],
    ['epoch 0 again', 0, owned(''), ErrorCode.NONE],
  ])('with %s is answered as it must', (_name, epoch, has, errorCode) => {
    const { heartbeat } = pair()
    const told = heartbeat('m1', epoch, { owned: has })
    expect(told.errorCode).toBe(errorCode)
    if (errorCode === ErrorCode.NONE) expect(told.memberEpoch).toBe(2)
  })

  it.each([
    ['no member id', '', 0, {}, ErrorCode.INVALID_REQUEST],
    ['no group id', 'm', 0, { groupId: '' }, ErrorCode.INVALID_REQUEST],
    ['an empty instance id', 'm', 0, { instanceId: '' }, ErrorCode.INVALID_REQUEST],
    ['an empty rack', 'm', 0, { rackId: '' }, ErrorCode.INVALID_REQUEST],
    ['partitions while joining', 'm', 0, { owned: owned('orders-0') }, ErrorCode.INVALID_REQUEST],
    ['no word on partitions while joining', 'm', 0, { owned: null }, ErrorCode.INVALID_REQUEST],
    ['no rebalance timeout while joining', 'm', 0, { rebalanceTimeoutMs: -1 }, ErrorCode.INVALID_REQUEST],
    ['no subscription while joining', 'm', 0, { subscribedTopicNames: null }, ErrorCode.INVALID_REQUEST],
    ['epoch -3', 'm', -3, {}, ErrorCode.INVALID_REQUEST],
    ['epoch -2 without an instance', 'm', -2, {}, ErrorCode.INVALID_REQUEST],
    ['an unknown assignor', 'm', 0, { serverAssignor: 'sticky' }, ErrorCode.UNSUPPORTED_ASSIGNOR],
    ['an unknown group', 'm', 4, {}, ErrorCode.GROUP_ID_NOT_FOUND],
    ['a broken pattern', 'm', 0, { subscribedTopicRegex: '(' }, ErrorCode.INVALID_REGULAR_EXPRESSION],
  ])('with %s is refused', (_name, memberId, epoch, more, errorCode) => {
    const { heartbeat, batches, shard } = serveConsumers()
    expect(heartbeat(memberId, epoch, more).errorCode).toBe(errorCode)
    expect([batches.length, shard.groups.size]).toEqual([0, 0])
  })

  it('of members that subscribe alike makes them share one list of names', () => {
    const { heartbeat, group } = serveConsumers({ a: 2, b: 2 })
    heartbeat('m1', 0, { subscribedTopicNames: ['b', 'a'] })
    heartbeat('m2', 0, { subscribedTopicNames: ['a', 'b'] })
    heartbeat('m3', 0, { subscribedTopicNames: ['a'] })
    const namesOf = (memberId: string): unknown => group().members.get(memberId)?.subscribedTopicNames
    expect(namesOf('m2')).toBe(namesOf('m1'))
    expect(namesOf('m3')).toEqual(['a'])
    expect([...group().distinctSubscribers()].map(({ memberId }) => memberId)).toEqual(['m1', 'm3'])
    expect(group().subscribedTopics()).toEqual(new Set(['a', 'b']))
  })

  it('of an unknown member is refused', () => {
    expect(single().heartbeat('m9', 1).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  it('of version 0 gives a member its id', () => {
    const told = serveConsumers().heartbeat('', 0, { apiVersion: 0 })
    expect(told.memberId).toHaveLength(22)
  })

  it('of one member too many is refused', () => {
    const { heartbeat } = serveConsumers({ orders: 4 }, { 'group.consumer.max.size': '1' })
    heartbeat('m1', 0)
    expect(heartbeat('m2', 0).errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED)
    expect(heartbeat('m1', 1).errorCode).toBe(ErrorCode.NONE)
  })

  it('is not acted on when it cannot be written', () => {
    const { heartbeat, appends, shard } = serveConsumers()
    appends.error = ErrorCode.NOT_ENOUGH_REPLICAS
    expect(heartbeat('m1', 0).errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    expect(shard.groups.size).toBe(0)
    appends.error = ErrorCode.NONE
    expect(heartbeat('m1', 0).memberEpoch).toBe(1)
  })

  it('follows the assignor that most members ask for', () => {
    const { heartbeat, group, operations } = serveConsumers({ a: 2, b: 2 })
    const both = { subscribedTopicNames: ['a', 'b'], serverAssignor: 'range' }
    heartbeat('m1', 0, both)
    heartbeat('m2', 0, both)
    expect(group().preferredAssignor()).toBe('range')
    expect(shown(group().targetOf('m1'))).toBe('a-0 b-0')
    expect(operations.context().assignors.size).toBe(2)
  })

  it('takes intervals and timeouts of the group, within the broker’s bounds', () => {
    const { heartbeat, view } = serveConsumers()
    const configs = new Map([
      [`${ConfigResourceType.GROUP}:g`, new Map([['consumer.heartbeat.interval.ms', '9000']])],
      [`${ConfigResourceType.GROUP}:h`, new Map([['consumer.heartbeat.interval.ms', '1']])],
    ])
    view.image = imageWith({ orders: 4 }, { configs })
    expect(heartbeat('m1', 0).heartbeatIntervalMs).toBe(9_000)
    expect(heartbeat('m1', 0, { groupId: 'h' }).heartbeatIntervalMs).toBe(5_000)
  })
})

describe('a subscription by pattern', () => {
  const pattern = { subscribedTopicNames: [], subscribedTopicRegex: '(orders|pay.*)' }

  it('is resolved at once, and anew when topics come', () => {
    const { heartbeat, setTopics, group } = serveConsumers({ orders: 1, other: 1 })
    expect(given(heartbeat('m1', 0, pattern))).toBe('orders-0')
    setTopics({ orders: 1, other: 1, payments: 1 })
    expect(given(heartbeat('m1', 1))).toBe('orders-0 payments-0')
    expect(group().isSubscribedTo('payments')).toBe(true)
    setTopics({ orders: 1, other: 2, payments: 1 })
    expect(heartbeat('m1', 2).memberEpoch).toBe(2)
  })

  it('beside names brings its topics with the next heartbeat', () => {
    const { heartbeat, group } = serveConsumers({ orders: 1, payments: 1 })
    const told = heartbeat('m1', 0, { subscribedTopicNames: ['orders'], subscribedTopicRegex: 'pay.*' })
    expect([told.memberEpoch, given(told)]).toEqual([1, 'orders-0'])
    expect(given(heartbeat('m1', 1))).toBe('orders-0 payments-0')
    expect(heartbeat('m1', 2).memberEpoch).toBe(2)
    expect(group().groupEpoch).toBe(2)
  })

  it('matches only what the member may see', () => {
    const { heartbeat } = serveConsumers({ orders: 1, payments: 1 })
    const told = heartbeat('m1', 0, { ...pattern, maySeeTopic: (name) => name !== 'payments' })
    expect(given(told)).toBe('orders-0')
  })

  it('is forgotten with its last user', () => {
    const { heartbeat, group } = serveConsumers({ orders: 1, payments: 1 })
    heartbeat('m1', 0, pattern)
    heartbeat('m2', 0, pattern)
    heartbeat('m1', 1, { subscribedTopicRegex: '', subscribedTopicNames: ['orders'] })
    expect(group().regexes.size).toBe(1)
    heartbeat('m2', -1)
    expect(group().regexes.size).toBe(0)
  })
})

describe('a member that goes', () => {
  it('leaves its partitions to the others', () => {
    const { heartbeat, group } = pair()
    expect(heartbeat('m2', -1)).toMatchObject({ errorCode: 0, memberEpoch: -1 })
    expect(group().state).toBe('Assigning')
    expect(given(heartbeat('m1', 2))).toBe('orders-0 orders-1 orders-2 orders-3')
  })

  it('as the last leaves an empty group with its epoch', () => {
    const { heartbeat, group } = single()
    heartbeat('m1', -1)
    expect([group().state, group().groupEpoch]).toEqual(['Empty', 2])
    expect(heartbeat('m1', 0).memberEpoch).toBe(3)
  })

  it('is gone when its session ends, not before', () => {
    const { heartbeat, world, group } = pair()
    world.advance(40_000)
    heartbeat('m1', 2)
    world.advance(4_900)
    expect(group().members.size).toBe(2)
    world.advance(200)
    expect([...group().members.keys()]).toEqual(['m1'])
  })

  it('stays when its end cannot be written, until it can', () => {
    const { world, group, appends } = single()
    appends.error = ErrorCode.NOT_ENOUGH_REPLICAS
    world.advance(46_000)
    expect(group().members.size).toBe(1)
    appends.error = ErrorCode.NONE
    world.advance(45_000)
    expect(group().members.size).toBe(0)
  })

  it('is fenced when it does not give up in its rebalance timeout', () => {
    const { heartbeat, world, group } = single()
    heartbeat('m2', 0)
    heartbeat('m1', 1)
    world.advance(20_000)
    heartbeat('m1', 1)
    heartbeat('m2', 2)
    world.advance(10_100)
    expect([...group().members.keys()]).toEqual(['m2'])
    expect(heartbeat('m1', 1).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
})

describe('a static member', () => {
  const asInstance = { instanceId: 'i1' }

  it('cannot be taken over while it is there', () => {
    const { heartbeat } = serveConsumers()
    heartbeat('m1', 0, asInstance)
    expect(heartbeat('m2', 0, asInstance).errorCode).toBe(ErrorCode.UNRELEASED_INSTANCE_ID)
  })

  it('that left for a while keeps its partitions for its successor', () => {
    const { heartbeat, group } = serveConsumers()
    heartbeat('m1', 0, asInstance)
    expect(heartbeat('m1', -2, asInstance)).toMatchObject({ errorCode: 0, memberEpoch: -2 })
    const epoch = group().groupEpoch
    const told = heartbeat('m2', 0, asInstance)
    expect(given(told)).toBe('orders-0 orders-1 orders-2 orders-3')
    expect([...group().members.keys()]).toEqual(['m2'])
    // Nothing to rebalance: the group's epoch stays.
    expect(group().groupEpoch).toBe(epoch)
    expect(heartbeat('m1', 1, asInstance).errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID)
  })

  it('that left for a while is gone when its session ends', () => {
    const { heartbeat, world, group } = serveConsumers()
    heartbeat('m1', 0, asInstance)
    heartbeat('m1', -2, asInstance)
    world.advance(45_100)
    expect(group().members.size).toBe(0)
  })

  it('is unknown by another instance id', () => {
    const { heartbeat } = single()
    expect(heartbeat('m1', 1, { instanceId: 'i9' }).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
})

describe('another coordinator', () => {
  it('finds the group as it was, and gives its members a whole session', () => {
    const { batches, group } = pair()
    const next = serveConsumers({ orders: 4 }, {}, batches)
    const loaded = next.group()
    expect(loaded.groupEpoch).toBe(group().groupEpoch)
    expect(loaded.assignmentEpoch).toBe(group().assignmentEpoch)
    expect([...loaded.members.values()]).toEqual([...group().members.values()])
    expect([...loaded.targets]).toEqual([...group().targets])
    const written = batches.length
    expect(next.heartbeat('m1', 2)).toMatchObject({ errorCode: 0, memberEpoch: 2, assignment: null })
    expect(batches.length).toBe(written)
    next.world.advance(45_100)
    expect(loaded.members.size).toBe(0)
  })

  it('goes on with a member that was giving up', () => {
    const { batches, heartbeat } = single()
    heartbeat('m2', 0)
    heartbeat('m1', 1)
    const next = serveConsumers({ orders: 4 }, {}, batches)
    expect(next.heartbeat('m1', 1, { owned: owned('orders-0 orders-1') }).memberEpoch).toBe(2)
    expect(given(next.heartbeat('m2', 2))).toBe('orders-2 orders-3')
  })
})
