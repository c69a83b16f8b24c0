import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { silentLogger } from '@millrace/base/logger'
import { World } from '@millrace/testkit/world'
import type { Partition } from '../replication/partition.ts'
import { Commits } from './commits.ts'
import type { JoinResult, SyncResult } from './member.ts'
import { Membership, type JoinRequest } from './membership.ts'
import { Rebalance } from './rebalance.ts'
import { replay } from './replay.ts'
import { readCoordinatorRecord } from './offset-records.ts'
import { readRecords } from '@millrace/protocol/records/records'
import { GroupShard } from './shard.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Group } from './group.ts'

const RANGE = [{ name: 'range', metadata: Buffer.from([0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 0]) }]

/** A shard over a partition that is an array: every append is committed one virtual millisecond later. */
function serve(initialRebalanceDelayMs = 0) {
  const world = new World({ seed: 1 })
  const host = world.addHost('broker-1')
  const batches: Buffer[] = []
  let appendError: number = ErrorCode.NONE
  const partition = {
    partition: 0,
    logStartOffset: 0,
    logEndOffset: 0,
    log: { whenWritten: (done: (error: Error | null) => void) => done(null) },
    isLeader: true,
    appendAsLeader(
      _slab: null,
      bytes: Buffer,
      start: number,
      end: number,
      _options: object,
      done: (errorCode: number) => void,
    ) {
      const errorCode = appendError
      if (errorCode === ErrorCode.NONE) batches.push(bytes.subarray(start, end))
      host.timers.set(1, () => done(errorCode))
    },
  } as unknown as Partition
  const shard = new GroupShard({ host, logger: silentLogger, partition, leaderEpoch: 0, appendTimeoutMs: 5_000 })
  shard.load(() => {})
  const rebalance = new Rebalance(shard, { initialRebalanceDelayMs })
  const membership = new Membership(shard, rebalance, {
    sessionTimeoutMsMin: 100,
    sessionTimeoutMsMax: 60_000,
    groupSizeMax: 3,
  })
  const commits = new Commits(shard, 10)
  const join = (overrides: Partial<JoinRequest> = {}): { result: JoinResult | null } => {
    const box: { result: JoinResult | null } = { result: null }
    const request: JoinRequest = {
      groupId: 'g',
      memberId: '',
      groupInstanceId: null,
      clientId: 'c',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      protocolType: 'consumer',
      protocols: RANGE,
      requiresKnownMemberId: false,
      supportsSkipAssignment: true,
      ...overrides,
    }
    membership.join(request, (result) => (box.result = result))
    return box
  }
  const sync = (
    memberId: string,
    generationId: number,
    assignments: [string, string][] = [],
    groupInstanceId: string | null = null,
  ): { result: SyncResult | null } => {
    const box: { result: SyncResult | null } = { result: null }
    const map = new Map(assignments.map(([id, text]) => [id, Buffer.from(text)] as const))
    membership.sync(
      'g',
      { memberId, groupInstanceId, generationId },
      { protocolType: 'consumer', protocolName: 'range' },
      map,
      (result) => (box.result = result),
    )
    return box
  }
  return {
    world,
    host,
    shard,
    membership,
    commits,
    rebalance,
    join,
    sync,
    batches,
    group: () => shard.groups.get('g') as ClassicGroup,
    failAppends: (code: number) => (appendError = code),
  }
}

/** A group of two in Stable, leader first. */
function stablePair(overrides: Partial<JoinRequest> = {}) {
  const served = serve()
  const first = served.join(overrides)
  const leaderId = first.result?.memberId ?? ''
  const second = served.join()
  expect(
    served.membership.heartbeat('g', {
      memberId: leaderId,
      groupInstanceId: overrides.groupInstanceId ?? null,
      generationId: 1,
    }),
  ).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  const again = served.join({ memberId: leaderId, ...overrides })
  const followerId = second.result?.memberId ?? ''
  const followerSync = served.sync(followerId, 2)
  served.sync(
    leaderId,
    2,
    [
      [leaderId, 'L'],
      [followerId, 'F'],
    ],
    overrides.groupInstanceId ?? null,
  )
  served.world.advance(5)
  expect(followerSync.result?.assignment.toString()).toBe('F')
  expect(again.result?.members).toHaveLength(2)
  return { ...served, leaderId, followerId }
}

describe('JoinGroup', () => {
  it('hands a member without id one to come back with', () => {
    const { join, group } = serve()
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
    expect(serve().join(overrides).result?.errorCode).toBe(errorCode)
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
    const { join, world } = serve(1_000)
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
    const { join, sync, world, failAppends, group } = serve()
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
    const { join, group, world, membership } = serve()
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

describe('commits', () => {
  const offset = { topic: 't', partition: 0, offset: 42, leaderEpoch: 3, metadata: 'm' }
  const claim = (memberId: string, generationId: number) => ({ memberId, groupInstanceId: null, generationId })

  it('are visible when they are replicated, and not before', () => {
    const { commits, world } = serve()
    let codes: readonly number[] = []
    commits.commit(
      { groupId: 's', claim: claim('', -1), retentionMs: -1, apiVersion: 9, offsets: [offset] },
      (answer) => (codes = answer),
    )
    expect(commits.fetch('s', 't', 0)).toBeUndefined()
    world.advance(2)
    expect(codes).toEqual([ErrorCode.NONE])
    expect(commits.fetch('s', 't', 0)).toMatchObject({ offset: 42, leaderEpoch: 3, metadata: 'm' })
  })

  it('from outside are taken under any member id while the group is empty', () => {
    const { commits, world } = serve()
    const told: number[] = []
    for (const memberId of ['', 'not-joined']) {
      commits.commit(
        { groupId: 's', claim: claim(memberId, -1), retentionMs: -1, apiVersion: 9, offsets: [offset] },
        (codes) => told.push(...codes),
      )
      world.advance(2)
    }
    expect(told).toEqual([ErrorCode.NONE, ErrorCode.NONE])
  })

  it('are refused to strangers, old generations and too much metadata', () => {
    const { commits, leaderId } = stablePair()
    const codeOf = (groupId: string, memberId: string, generationId: number, metadata = ''): number => {
      let code = -2
      commits.commit(
        {
          groupId,
          claim: claim(memberId, generationId),
          retentionMs: -1,
          apiVersion: 8,
          offsets: [{ ...offset, metadata }],
        },
        ([answer]) => (code = answer ?? -2),
      )
      return code
    }
    expect(codeOf('g', '', -1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(codeOf('g', 'who', 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(codeOf('g', leaderId, 1)).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(codeOf('nowhere', leaderId, 1)).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(codeOf('g', leaderId, 2, 'x'.repeat(11))).toBe(ErrorCode.OFFSET_METADATA_TOO_LARGE)
  })

  it('of an Empty group expire after the retention, and the group with them', () => {
    const { commits, world, shard } = serve()
    commits.commit({ groupId: 's', claim: claim('', -1), retentionMs: -1, apiVersion: 9, offsets: [offset] }, () => {})
    world.advance(900)
    commits.expire(1_000)
    world.advance(5)
    expect(shard.groups.has('s')).toBe(true)
    world.advance(200)
    commits.expire(1_000)
    world.advance(5)
    expect(shard.groups.has('s')).toBe(false)
  })

  it('of a subscribed topic cannot be deleted, others can', () => {
    const { commits, world, leaderId } = stablePair()
    for (const topic of ['t', 'u'])
      commits.commit(
        {
          groupId: 'g',
          claim: claim(leaderId, 2),
          retentionMs: -1,
          apiVersion: 9,
          offsets: [{ ...offset, topic }],
        },
        () => {},
      )
    world.advance(5)
    let codes: readonly number[] = []
    commits.deleteOffsets(
      'g',
      [
        { topic: 't', partition: 0 },
        { topic: 'u', partition: 0 },
      ],
      (_error, answer) => (codes = answer),
    )
    world.advance(5)
    expect(codes).toEqual([ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode.NONE])
    expect(commits.fetch('g', 't', 0)).toBeDefined()
    expect(commits.fetch('g', 'u', 0)).toBeUndefined()
  })
})

describe('replay', () => {
  it('of the log rebuilds the group as it was', () => {
    const { batches, group, leaderId, commits, world } = stablePair()
    commits.commit(
      {
        groupId: 'g',
        claim: { memberId: leaderId, groupInstanceId: null, generationId: 2 },
        retentionMs: -1,
        apiVersion: 9,
        offsets: [{ topic: 't', partition: 5, offset: 7, leaderEpoch: 1, metadata: '' }],
      },
      () => {},
    )
    world.advance(5)
    const groups = new Map<string, Group>()
    for (const batch of batches) {
      for (const record of readRecords(batch, 0))
        replay(groups, readCoordinatorRecord(record.key ?? Buffer.alloc(0), record.value), 0)
    }
    const rebuilt = groups.get('g') as ClassicGroup | undefined
    expect(rebuilt).toMatchObject({
      state: 'Stable',
      generationId: 2,
      protocolType: 'consumer',
      protocolName: 'range',
      leaderId,
    })
    expect([...(rebuilt?.members.keys() ?? [])]).toEqual([...group().members.keys()])
    expect(rebuilt?.members.get(leaderId)?.assignment.toString()).toBe('L')
    expect(rebuilt?.offsets.get('t', 5)?.offset).toBe(7)
  })

  it('of a tombstone takes the group away', () => {
    const { commits, world, shard } = serve()
    commits.commit(
      {
        groupId: 's',
        claim: { memberId: '', groupInstanceId: null, generationId: -1 },
        retentionMs: -1,
        apiVersion: 9,
        offsets: [{ topic: 't', partition: 0, offset: 1, leaderEpoch: -1, metadata: '' }],
      },
      () => {},
    )
    world.advance(2)
    let code = -1
    commits.deleteGroup('s', (errorCode) => (code = errorCode))
    world.advance(2)
    expect(code).toBe(ErrorCode.NONE)
    expect(shard.groups.size).toBe(0)
    commits.deleteGroup('s', (errorCode) => (code = errorCode))
    expect(code).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  })
})
