/** A shard of groups on a fake host, with requests as tests like to write them. Tests only. */
import { silentLogger } from '@millrace/base/logger'
import { ErrorCode } from '@millrace/protocol/errors'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { World } from '@millrace/testkit/world'
import { expect } from 'vitest'
import type { Partition } from '../replication/partition.ts'
import type { ClassicGroup } from './classic-group.ts'
import { Commits } from './commits.ts'
import type { JoinResult, SyncResult } from './member.ts'
import { Membership, type JoinRequest } from './membership.ts'
import { Rebalance } from './rebalance.ts'
import { GroupShard } from './shard.ts'

const RANGE: JoinRequest['protocols'] = [
  { name: 'range', metadata: Buffer.from([0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 0]) },
]

export interface ServedGroups {
  readonly world: World
  readonly host: FakeHost
  readonly shard: GroupShard
  readonly membership: Membership
  readonly commits: Commits
  readonly rebalance: Rebalance
  readonly join: (overrides?: Partial<JoinRequest>) => { readonly result: JoinResult | null }
  readonly sync: (
    memberId: string,
    generationId: number,
    assignments?: [string, string][],
    groupInstanceId?: string | null,
  ) => { readonly result: SyncResult | null }
  readonly batches: readonly Buffer[]
  readonly group: () => ClassicGroup
  readonly failAppends: (errorCode: number) => void
}

export interface StablePair extends ServedGroups {
  readonly leaderId: string
  readonly followerId: string
}

/** A shard over a partition that is an array: every append is committed one virtual millisecond later. */
export function serveGroups(initialRebalanceDelayMs = 0): ServedGroups {
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
export function stablePair(overrides: Partial<JoinRequest> = {}): StablePair {
  const served = serveGroups()
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
