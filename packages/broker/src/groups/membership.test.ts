import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { readRecords } from '@millrace/protocol/records/records'
import type { JoinRequest } from './membership.ts'
import { readCoordinatorRecord } from './offset-records.ts'
import { serveGroups, stablePair } from './served-groups-fixture.ts'

describe('JoinGroup', () => {
  it('hands a member without id one to come back with', () => {
    const { join, group } = serveGroups()
    const first = join({ requiresKnownMemberId: true })
    expect(first.result).toMatchObject({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, generationId: -1 })
    expect(first.result?.memberId).toMatch(/^c-.{22}$/)
    expect(group().members.size).toBe(0)
    const second = join({ requiresKnownMemberId: true, memberId: first.result?.memberId ?? '' })
    expect(second.result).toMatchObject({
      errorCode: ErrorCode.NONE,
      generationId: 1,
      protocolName: 'range',
      leaderId: first.result?.memberId,
    })
  })

  it('tells the members to the leader only', () => {
    const { group, leaderId, followerId, join } = stablePair()
    expect(group().leaderId).toBe(leaderId)
    expect(join({ memberId: followerId }).result).toMatchObject({
      errorCode: ErrorCode.NONE,
      generationId: 2,
      members: [],
    })
  })

  it.each<[string, Partial<JoinRequest>, number]>([
    ['an empty group id', { groupId: '' }, ErrorCode.INVALID_GROUP_ID],
    ['a session timeout below the minimum', { sessionTimeoutMs: 99 }, ErrorCode.INVALID_SESSION_TIMEOUT],
    ['a session timeout above the maximum', { sessionTimeoutMs: 60_001 }, ErrorCode.INVALID_SESSION_TIMEOUT],
    ['no protocols', { protocols: [] }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
    ['an unknown member of a new group', { memberId: 'who' }, ErrorCode.UNKNOWN_MEMBER_ID],
  ])('refuses %s', (_what, overrides, errorCode) => {
    expect(serveGroups().join(overrides).result?.errorCode).toBe(errorCode)
  })

  it('refuses another protocol type and assignors that nobody shares', () => {
    const { join } = stablePair()
    expect(join({ protocolType: 'connect' }).result?.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    expect(join({ protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] }).result?.errorCode).toBe(
      ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    )
  })

  it('refuses members beyond group.max.size', () => {
    const { join } = stablePair()
    join()
    expect(join().result?.errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED)
  })

  it('gathers first members during the initial delay', () => {
    const { join, world } = serveGroups(1_000)
    const first = join()
    world.advance(900)
    const second = join()
    world.advance(900)
    expect(first.result).toBeNull()
    world.advance(300)
    expect(first.result?.generationId).toBe(1)
    expect(second.result?.generationId).toBe(1)
  })

  it('lets dynamic members that do not rejoin go when the rebalance timeout is over', () => {
    const { join, group, world, leaderId, followerId, membership } = stablePair()
    join()
    // Both are alive by heartbeat, but only the new member and the leader join.
    join({ memberId: leaderId })
    for (let at = 0; at < 4; at++) {
      world.advance(5_100)
      if (group().members.has(followerId))
        membership.heartbeat('g', { memberId: followerId, groupInstanceId: null, generationId: 2 })
    }
    expect(group().members.has(followerId)).toBe(false)
    expect(group().generationId).toBe(3)
  })
})

describe('sessions', () => {
  it('a member that is not heard from is removed and a rebalance starts', () => {
    const { group, world, leaderId, followerId, membership } = stablePair()
    world.advance(9_000)
    expect(membership.heartbeat('g', { memberId: leaderId, groupInstanceId: null, generationId: 2 })).toBe(
      ErrorCode.NONE,
    )
    world.advance(1_500)
    expect(group().members.has(followerId)).toBe(false)
    expect(group().state).toBe('PreparingRebalance')
    expect(membership.heartbeat('g', { memberId: followerId, groupInstanceId: null, generationId: 2 })).toBe(
      ErrorCode.UNKNOWN_MEMBER_ID,
    )
  })

  it('old generations and unknown members are told so', () => {
    const { membership, leaderId } = stablePair()
    expect(membership.heartbeat('g', { memberId: leaderId, groupInstanceId: null, generationId: 1 })).toBe(
      ErrorCode.ILLEGAL_GENERATION,
    )
    expect(membership.heartbeat('g', { memberId: 'who', groupInstanceId: null, generationId: 2 })).toBe(
      ErrorCode.UNKNOWN_MEMBER_ID,
    )
    expect(membership.heartbeat('other', { memberId: leaderId, groupInstanceId: null, generationId: 2 })).toBe(
      ErrorCode.UNKNOWN_MEMBER_ID,
    )
  })
})

describe('SyncGroup', () => {
  it('answers nobody before the assignment is stored, and nobody when storing fails', () => {
    const { join, sync, world, failAppends, group } = serveGroups()
    const memberId = join().result?.memberId ?? ''
    failAppends(ErrorCode.NOT_ENOUGH_REPLICAS)
    const failed = sync(memberId, 1, [[memberId, 'A']])
    expect(failed.result).toBeNull()
    world.advance(5)
    expect(failed.result?.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    expect(group().state).toBe('PreparingRebalance')
  })

  it('is told of a rebalance that began meanwhile', () => {
    const { join, sync, leaderId } = stablePair()
    join()
    expect(sync(leaderId, 2).result?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  it('removes members that never sync', () => {
    const { join, group, world, membership } = serveGroups()
    const memberId = join().result?.memberId ?? ''
    for (let at = 0; at < 4 && group().members.size > 0; at++) {
      world.advance(5_100)
      membership.heartbeat('g', { memberId, groupInstanceId: null, generationId: 1 })
    }
    expect(group().members.size).toBe(0)
  })
})

describe('LeaveGroup', () => {
  it('rebalances the rest at once and empties the group with the last', () => {
    const { membership, group, leaderId, followerId, join, world, batches } = stablePair()
    expect(
      membership.leave('g', [
        { memberId: followerId, groupInstanceId: null },
        { memberId: 'who', groupInstanceId: null },
      ]),
    ).toEqual([ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID])
    expect(group().state).toBe('PreparingRebalance')
    expect(join({ memberId: leaderId }).result?.generationId).toBe(3)
    membership.leave('g', [{ memberId: leaderId, groupInstanceId: null }])
    world.advance(5)
    expect(group()).toMatchObject({ state: 'Empty', generationId: 4 })
    const stored = readRecords(batches.at(-1) ?? Buffer.alloc(0), 0)[0]
    expect(readCoordinatorRecord(stored?.key ?? Buffer.alloc(0), stored?.value ?? null)).toMatchObject({
      kind: 'group',
      value: { generation: 4, members: [] },
    })
  })
})

describe('static members', () => {
  it('come back under a new id without a rebalance, and fence the old one', () => {
    const { join, group, world, leaderId, membership } = stablePair({ groupInstanceId: 'i1' })
    const back = join({ groupInstanceId: 'i1' })
    world.advance(5)
    expect(group().state).toBe('Stable')
    expect(back.result).toMatchObject({ errorCode: ErrorCode.NONE, generationId: 2, skipAssignment: true })
    expect(back.result?.memberId).not.toBe(leaderId)
    expect(membership.heartbeat('g', { memberId: leaderId, groupInstanceId: 'i1', generationId: 2 })).toBe(
      ErrorCode.FENCED_INSTANCE_ID,
    )
    expect(
      group()
        .members.get(back.result?.memberId ?? '')
        ?.assignment.toString(),
    ).toBe('L')
  })

  it('are removed by instance id alone', () => {
    const { group, membership } = stablePair({ groupInstanceId: 'i1' })
    expect(membership.leave('g', [{ memberId: '', groupInstanceId: 'i1' }])).toEqual([ErrorCode.NONE])
    expect(group().members.size).toBe(1)
  })
})
