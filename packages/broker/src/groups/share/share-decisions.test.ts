import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { imageOf, OTHER_TOPIC_ID, partitionState, topic, TOPIC_ID } from '../../handlers/handler-fixture.ts'
import type { Group } from '../group.ts'
import { readCoordinatorRecord } from '../offset-records.ts'
import { replay } from '../replay.ts'
import { Refusal } from '../consumer/refusal.ts'
import {
  decideForgotten,
  decideInitialized,
  decideInitializing,
  decideShareHeartbeat,
  decideShareRemoval,
  heartbeatFault,
  uninitialized,
  type ShareHeartbeat,
} from './share-decisions.ts'
import { ShareDraft } from './share-draft.ts'
import { ShareGroup } from './share-group.ts'
import { encodeShareRecord } from './share-records.ts'

const partitions = (count: number) => Array.from({ length: count }, () => partitionState())
const image = imageOf([], [topic('orders', TOPIC_ID, partitions(2)), topic('payments', OTHER_TOPIC_ID, partitions(1))])

function heartbeat(memberId: string, more: Partial<ShareHeartbeat> = {}): ShareHeartbeat {
  const client = { clientId: 'c', clientHost: '/127.0.0.1', rackId: null }
  return { groupId: 'g', memberId, memberEpoch: 0, subscribedTopicNames: ['orders'], ...client, ...more }
}

/** Takes heartbeats as the runtime does, with partitions initialized at once. */
function beat(group: ShareGroup, request: ShareHeartbeat) {
  const draft = new ShareDraft(group)
  let { member, assignment } = decideShareHeartbeat(draft, request, image, 3)
  const missing = uninitialized(draft.group, image)
  if (missing.size > 0) {
    decideInitializing(draft, missing, image)
    member = decideInitialized(draft, missing, request.memberId, image) ?? member
    assignment = member.assigned
  }
  return { group: draft.group, records: draft.records, member, assignment }
}

function error(act: () => unknown): number {
  try {
    act()
  } catch (refusal) {
    if (refusal instanceof Refusal) return refusal.errorCode
    throw refusal
  }
  return ErrorCode.NONE
}

describe('share groups', () => {
  it('give a member only partitions whose state is kept', () => {
    const draft = new ShareDraft(new ShareGroup('g'))
    const first = decideShareHeartbeat(draft, heartbeat('a'), image, 3)
    expect(first.assignment?.size).toBe(0)
    expect(draft.group).toMatchObject({ groupEpoch: 1, assignmentEpoch: 1 })
    const missing = uninitialized(draft.group, image)
    expect(missing).toEqual(new Map([[TOPIC_ID, new Set([0, 1])]]))
    const member = decideInitialized(draft, missing, 'a', image)
    expect(member).toMatchObject({ memberEpoch: 2, previousMemberEpoch: 1 })
    expect(member?.assigned).toEqual(new Map([[TOPIC_ID, new Set([0, 1])]]))
  })

  it('say nothing new when nothing is new', () => {
    const { group, member } = beat(new ShareGroup('g'), heartbeat('a'))
    const again = beat(group, heartbeat('a', { memberEpoch: member.memberEpoch, subscribedTopicNames: null }))
    expect([again.records, again.assignment]).toEqual([[], null])
  })

  it('share partitions among more members than there are', () => {
    let { group } = beat(new ShareGroup('g'), heartbeat('a'))
    for (const id of ['b', 'c']) group = beat(group, heartbeat(id)).group
    const a = group.members.get('a')
    const moved = beat(group, heartbeat('a', { memberEpoch: a?.memberEpoch ?? 0, subscribedTopicNames: null }))
    expect(moved.assignment).not.toBeNull()
    const given = [...moved.group.targets.values()].map((target) => [...(target.get(TOPIC_ID) ?? [])])
    expect(given.every((each) => each.length === 1)).toBe(true)
    expect(new Set(given.flat())).toEqual(new Set([0, 1]))
    expect(error(() => beat(group, heartbeat('d')))).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED)
  })

  it('fence a member whose epoch is not its own', () => {
    const { group, member } = beat(new ShareGroup('g'), heartbeat('a'))
    const at = (memberEpoch: number) => error(() => beat(group, heartbeat('a', { memberEpoch })))
    expect(at(member.previousMemberEpoch)).toBe(ErrorCode.NONE)
    expect(at(member.memberEpoch + 1)).toBe(ErrorCode.FENCED_MEMBER_EPOCH)
    expect(error(() => beat(group, heartbeat('x', { memberEpoch: 1 })))).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  it('refuse heartbeats that make no sense', () => {
    expect(heartbeatFault(heartbeat('a'))).toBeNull()
    for (const wrong of [
      { groupId: '' },
      { memberId: '' },
      { memberEpoch: -2 },
      { rackId: '' },
      { subscribedTopicNames: [] },
    ])
      expect(heartbeatFault(heartbeat('a', wrong))).not.toBeNull()
  })

  it('follow the subscription of members, and forget deleted topics', () => {
    const { group } = beat(new ShareGroup('g'), heartbeat('a'))
    const both = beat(group, heartbeat('a', { subscribedTopicNames: ['orders', 'payments'] })).group
    expect(both.targetOf('a').size).toBe(2)
    const draft = new ShareDraft(both)
    decideForgotten(draft, new Set([TOPIC_ID]), image)
    expect([...draft.group.initialized.keys()]).toEqual([OTHER_TOPIC_ID])
  })

  it('are the same after their records are read back, and gone after their tombstones', () => {
    const first = beat(new ShareGroup('g'), heartbeat('a'))
    const second = beat(first.group, heartbeat('b'))
    const removal = new ShareDraft(second.group)
    decideShareRemoval(removal, 'a', image)
    const groups = new Map<string, Group>()
    const write = (records: ShareDraft['records']): void => {
      for (const record of records) {
        const { key, value } = encodeShareRecord(record)
        replay(groups, readCoordinatorRecord(key, value), 0)
      }
    }
    write([...first.records, ...second.records, ...removal.records])
    expect(groups.get('g')).toEqual(removal.group)
    const end = new ShareDraft(removal.group)
    end.removeGroup()
    write(end.records)
    expect(groups.size).toBe(0)
  })
})
