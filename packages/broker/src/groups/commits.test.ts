import { ErrorCode } from '@millrace/protocol/errors'
import { readRecords } from '@millrace/protocol/records/records'
import { describe, expect, it } from 'vitest'
import type { ClassicGroup } from './classic-group.ts'
import type { Group } from './group.ts'
import { readCoordinatorRecord } from './offset-records.ts'
import { replay } from './replay.ts'
import { serveGroups, stablePair } from './served-groups-fixture.ts'

describe('commits', () => {
  const offset = { topic: 't', partition: 0, offset: 42, leaderEpoch: 3, metadata: 'm' }
  const claim = (memberId: string, generationId: number) => ({ memberId, groupInstanceId: null, generationId })

  it('are visible when they are replicated, and not before', () => {
    const { commits, world } = serveGroups()
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
    const { commits, world } = serveGroups()
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
    const { commits, world, shard } = serveGroups()
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
    const { commits, world, shard } = serveGroups()
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
