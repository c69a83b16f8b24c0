import { describe, expect, it } from 'vitest'
import { emptyImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import { BrokerSettings } from '../../metadata/broker-settings.ts'
import type { SharePersister } from '../../share-coordinator/persister.ts'
import type { InitializeState } from '../../share-coordinator/share-state.ts'
import { shareKey, type SharePartitionId } from '../../share-coordinator/share-state-records.ts'
import { idOf, serveConsumers, shown } from '../consumer/consumer-fixture.ts'
import { fromWire } from '../modern/topic-partitions.ts'
import { ShareGroup } from './share-group.ts'
import { ShareMembers, type ShareHeartbeatResult } from './share-members.ts'
import { ShareOffsets } from './share-offsets.ts'

/** Share groups on a shard, with a share coordinator that is a map. */
function serve(topics: Record<string, number> = { orders: 2 }, batches: Buffer[] = []) {
  const fixture = serveConsumers(topics, {}, batches)
  const { world, view, operations, shard } = fixture
  const states = new Map<string, InitializeState>()
  const coordinator = { isAway: false }
  const later = (act: () => void): void => {
    if (!coordinator.isAway) shard.host.timers.set(1, act)
  }
  const persister = {
    initialize: (id: SharePartitionId, state: InitializeState, done: (errorCode: number) => void) =>
      later(() => {
        if (state.startOffset >= 0 || !states.has(shareKey(id))) states.set(shareKey(id), state)
        done(ErrorCode.NONE)
      }),
    delete: (id: SharePartitionId, done: (errorCode: number) => void) =>
      later(() => {
        states.delete(shareKey(id))
        done(ErrorCode.NONE)
      }),
    readSummary: (id: SharePartitionId, done: (errorCode: number, summary: object) => void) =>
      later(() => done(ErrorCode.NONE, { ...states.get(shareKey(id)), leaderEpoch: 0, deliveryCompleteCount: 0 })),
  } as unknown as SharePersister
  const settings = new BrokerSettings({ image: emptyImage, properties: {}, nodeId: 1 })
  const members = new ShareMembers(operations, settings, view, () => persister)
  const offsets = new ShareOffsets(operations, members, () => persister)
  members.loaded()
  const heartbeat = (memberId: string, memberEpoch = 0, subscribedTopicNames: string[] | null = ['orders']) => {
    let told: ShareHeartbeatResult | null = null
    members.heartbeat(
      {
        groupId: 's',
        memberId,
        memberEpoch,
        rackId: null,
        subscribedTopicNames: memberEpoch === 0 ? subscribedTopicNames : null,
        clientId: 'c',
        clientHost: '/127.0.0.1',
      },
      (result) => (told = result),
    )
    world.advance(20)
    return told as ShareHeartbeatResult | null
  }
  const given = (result: ShareHeartbeatResult | null): string | null =>
    result?.assignment === null || result === null ? null : shown(fromWire(result.assignment.topicPartitions))
  const group = (): ShareGroup => {
    const found = shard.groups.get('s')
    if (!(found instanceof ShareGroup)) throw new Error('there is no share group')
    return found
  }
  const refused: number[] = []
  const refuse = (errorCode: number): void => void refused.push(errorCode)
  return { ...fixture, states, coordinator, members, offsets, heartbeat, given, group, refused, refuse }
}

const key = (partition: number): string => shareKey({ groupId: 's', topicId: idOf('orders'), partition })

describe('members of a share group', () => {
  it('get their partitions with the first answer, once the state of these is kept', () => {
    const { heartbeat, given, states } = serve()
    const first = heartbeat('a')
    expect([given(first), first?.memberEpoch]).toEqual(['orders-0 orders-1', 2])
    expect([...states.keys()].sort()).toEqual([key(0), key(1)])
    expect(states.get(key(0))).toEqual({ stateEpoch: 1, startOffset: -1 })
  })

  it('are answered without partitions when share coordinators are away, and get them later', () => {
    const { heartbeat, given, coordinator, world } = serve()
    coordinator.isAway = true
    expect(heartbeat('a')).toBeNull()
    world.advance(3_000)
    coordinator.isAway = false
    expect(given(heartbeat('a', 1))).toBe('orders-0 orders-1')
  })

  it('get partitions that are added to their topic, from the first record on', () => {
    const { heartbeat, given, states, setTopics } = serve()
    const { memberEpoch } = heartbeat('a') as ShareHeartbeatResult
    setTopics({ orders: 3 })
    expect(given(heartbeat('a', memberEpoch))).toBe('orders-0 orders-1 orders-2')
    expect(states.get(key(2))).toMatchObject({ startOffset: 0 })
  })

  it('leave, or are dropped when nothing is heard of them', () => {
    const { heartbeat, group, world } = serve()
    heartbeat('a')
    heartbeat('b')
    expect(heartbeat('a', -1)).toMatchObject({ errorCode: ErrorCode.NONE, memberEpoch: -1 })
    expect([...group().members.keys()]).toEqual(['b'])
    world.advance(46_000)
    expect(group().isEmpty).toBe(true)
    expect(heartbeat('b', 3)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  })

  it('are known to the next coordinator', () => {
    const { heartbeat, batches } = serve()
    const { memberEpoch } = heartbeat('a') as ShareHeartbeatResult
    const next = serve({ orders: 2 }, batches)
    expect(next.heartbeat('a', memberEpoch)).toMatchObject({ errorCode: ErrorCode.NONE, memberEpoch, assignment: null })
  })

  it('cannot join a group of another kind, nor others theirs', () => {
    const { heartbeat, join, world } = serve()
    heartbeat('a')
    const classic = join('', { groupId: 's' })
    world.advance(20)
    expect(classic.result).toMatchObject({ errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId: '' })
    const other = serve()
    other.join('', { groupId: 's' })
    other.world.advance(20)
    const errorMessage = 'Group s is not a share group.'
    expect(other.heartbeat('a')).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage,
      memberId: null,
    })
  })

  it('must join before anything else', () => {
    const errorMessage = 'Share group s not found.'
    expect(serve().heartbeat('a', 1)).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage })
  })

  it('are told of an append that failed, and may try again', () => {
    const { heartbeat, given, appends } = serve()
    appends.error = ErrorCode.NOT_ENOUGH_REPLICAS
    expect(heartbeat('a')).toMatchObject({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE })
    appends.error = ErrorCode.NONE
    expect(given(heartbeat('a'))).toBe('orders-0 orders-1')
  })
})

describe('offsets of a share group', () => {
  it('are set anew in a later state epoch, only while nobody is there', () => {
    const { heartbeat, offsets, states, group, world, refused, refuse } = serve()
    heartbeat('a')
    const wanted = [{ topicId: idOf('orders'), partition: 0, startOffset: 7 }]
    offsets.alter('s', wanted, () => {}, refuse)
    expect(refused).toEqual([ErrorCode.NON_EMPTY_GROUP])
    heartbeat('a', -1)
    const told: (readonly number[])[] = []
    offsets.alter('s', wanted, (errorCodes) => told.push(errorCodes), refuse)
    world.advance(20)
    expect([told, states.get(key(0))]).toEqual([[[0]], { stateEpoch: group().groupEpoch, startOffset: 7 }])
  })

  it('hold back who joins until they are set', () => {
    const { heartbeat, offsets, states, coordinator, world } = serve()
    heartbeat('a')
    heartbeat('a', -1)
    offsets.delete(
      's',
      new Set([idOf('orders')]),
      () => {},
      () => {},
    )
    coordinator.isAway = true
    expect(heartbeat('b')).toBeNull()
    coordinator.isAway = false
    world.advance(20)
    expect([...states.keys()]).toHaveLength(2)
  })

  it('are described', () => {
    const { heartbeat, offsets, world } = serve()
    heartbeat('a')
    const told: unknown[] = []
    offsets.describe(
      's',
      null,
      (described) => told.push(...described),
      () => {},
    )
    world.advance(20)
    expect(told).toMatchObject([{ partition: 0, summary: { startOffset: -1 } }, { partition: 1 }])
  })

  it('are none where there is no group, or none that shares: what is asked for is told to be nowhere', () => {
    const { join, offsets, world, refused, refuse } = serve()
    join('', { groupId: 'classic' })
    world.advance(20)
    const wanted = new Map([[idOf('orders'), new Set([0, 7])]])
    const told: unknown[] = []
    for (const groupId of ['unknown', 'classic']) {
      offsets.describe(groupId, null, (described) => told.push(described), refuse)
      offsets.describe(groupId, wanted, (described) => told.push(described), refuse)
    }
    const nowhere = { topicId: idOf('orders'), errorCode: ErrorCode.NONE, summary: null }
    const both = [
      { partition: 0, ...nowhere },
      { partition: 7, ...nowhere },
    ]
    expect([told, refused]).toEqual([[[], both, [], both], []])
  })

  it('are none that OffsetFetch would find, and no error', () => {
    const { heartbeat, commits } = serve()
    heartbeat('a')
    expect(commits.checkFetch('s', 'a', 1)).toBe(ErrorCode.NONE)
  })

  it('go with the group when it is deleted, and with a deleted topic', () => {
    const { heartbeat, offsets, members, states, shard, setTopics, world } = serve({ orders: 2, bills: 1 })
    heartbeat('a', 0, ['orders', 'bills'])
    const told: number[] = []
    offsets.deleteGroup('s', (errorCode) => told.push(errorCode))
    heartbeat('a', -1)
    setTopics({ bills: 1 })
    members.topicsDeleted(new Set([idOf('orders')]))
    world.advance(20)
    expect([...states.keys()]).toEqual([shareKey({ groupId: 's', topicId: idOf('bills'), partition: 0 })])
    offsets.deleteGroup('s', (errorCode) => told.push(errorCode))
    world.advance(20)
    expect([told, states.size, shard.groups.has('s')]).toEqual([[ErrorCode.NON_EMPTY_GROUP, ErrorCode.NONE], 0, false])
  })
})
