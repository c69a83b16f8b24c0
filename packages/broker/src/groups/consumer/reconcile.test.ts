import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { fromWire, toWire, type TopicPartitions } from '../modern/topic-partitions.ts'
import { newMember, type ConsumerMember, type MemberState } from './consumer-member.ts'
import { reconcile } from './reconcile.ts'

const p = (...partitions: number[]): TopicPartitions => fromWire([{ topicId: 'a', partitions }])
const shown = (partitions: TopicPartitions): string =>
  toWire(partitions)
    .flatMap((one) => one.partitions)
    .join(' ')

interface Case {
  readonly name: string
  /** state, epoch, assigned, pending revocation */
  readonly from: readonly [MemberState, number, TopicPartitions, TopicPartitions]
  readonly target: TopicPartitions
  readonly owned: TopicPartitions | null
  readonly heldByOthers?: TopicPartitions
  readonly to: readonly [MemberState, number, string, string]
}

/** All with target epoch 10. */
const cases: readonly Case[] = [
  {
    name: 'has all it should',
    from: ['STABLE', 10, p(1), p()],
    target: p(1, 2),
    owned: null,
    to: ['STABLE', 10, '1', ''],
  },
  {
    name: 'is new and finds all free',
    from: ['STABLE', 0, p(), p()],
    target: p(1, 2),
    owned: p(),
    to: ['STABLE', 10, '1 2', ''],
  },
  {
    name: 'is new and finds some held',
    from: ['STABLE', 0, p(), p()],
    target: p(1, 2),
    owned: p(),
    heldByOthers: p(2),
    to: ['UNRELEASED', 10, '1', ''],
  },
  {
    name: 'has to give up what it may have',
    from: ['STABLE', 5, p(1, 2), p()],
    target: p(1),
    owned: null,
    to: ['UNREVOKED', 5, '1', '2'],
  },
  {
    name: 'has to give up what it says it has',
    from: ['STABLE', 5, p(1, 2), p()],
    target: p(1),
    owned: p(2),
    to: ['UNREVOKED', 5, '1', '2'],
  },
  {
    name: 'has to give up what it never took',
    from: ['STABLE', 5, p(1, 2), p()],
    target: p(1),
    owned: p(1),
    to: ['STABLE', 10, '1', ''],
  },
  {
    name: 'gets nothing new before it has given up',
    from: ['STABLE', 5, p(1, 2), p()],
    target: p(1, 3),
    owned: p(1, 2),
    to: ['UNREVOKED', 5, '1', '2'],
  },
  {
    name: 'has not said that it gave up',
    from: ['UNREVOKED', 5, p(1), p(2)],
    target: p(1, 3),
    owned: null,
    to: ['UNREVOKED', 5, '1', '2'],
  },
  {
    name: 'still has what it is to give up',
    from: ['UNREVOKED', 5, p(1), p(2)],
    target: p(1, 3),
    owned: p(1, 2),
    to: ['UNREVOKED', 5, '1', '2'],
  },
  {
    name: 'has given up',
    from: ['UNREVOKED', 5, p(1), p(2)],
    target: p(1, 3),
    owned: p(1),
    to: ['STABLE', 10, '1 3', ''],
  },
  {
    name: 'has given up, and the target moved on',
    from: ['UNREVOKED', 5, p(1, 4), p(2)],
    target: p(1, 3),
    owned: p(1, 4),
    to: ['UNREVOKED', 6, '1', '4'],
  },
  {
    name: 'waits for others in vain',
    from: ['UNRELEASED', 10, p(1), p()],
    target: p(1, 2),
    owned: null,
    heldByOthers: p(2),
    to: ['UNRELEASED', 10, '1', ''],
  },
  {
    name: 'gets what others let go of',
    from: ['UNRELEASED', 10, p(1), p()],
    target: p(1, 2),
    owned: null,
    to: ['STABLE', 10, '1 2', ''],
  },
  {
    name: 'waits no more for what is not its own any more',
    from: ['UNRELEASED', 9, p(1), p()],
    target: p(1),
    owned: null,
    to: ['STABLE', 10, '1', ''],
  },
  {
    name: 'comes back after a while away',
    from: ['STABLE', -2, p(1), p()],
    target: p(1, 2),
    owned: p(),
    to: ['STABLE', 10, '1 2', ''],
  },
  {
    name: 'is of a newer release and has given up',
    from: ['UNKNOWN', 5, p(1), p(2)],
    target: p(1),
    owned: p(1),
    to: ['STABLE', 10, '1', ''],
  },
]

function member([state, memberEpoch, assigned, pendingRevocation]: Case['from']): ConsumerMember {
  return { ...newMember('m'), state, memberEpoch, previousMemberEpoch: memberEpoch, assigned, pendingRevocation }
}

describe('a member that', () => {
  it.each(cases)('$name takes its step', ({ from, target, owned, heldByOthers = p(), to }) => {
    const before = member(from)
    const isHeld = (topicId: string, partition: number): boolean =>
      [heldByOthers, before.assigned, before.pendingRevocation].some((set) => set.get(topicId)?.has(partition) === true)
    const after = reconcile(before, { target, targetEpoch: 10, owned, isHeld })
    expect([after.state, after.memberEpoch, shown(after.assigned), shown(after.pendingRevocation)]).toEqual(to)
    const changed = JSON.stringify(to) !== JSON.stringify([from[0], from[1], shown(from[2]), shown(from[3])])
    expect(after === before).toBe(!changed)
  })

  it('is of a newer release and may still have what it gives up is fenced', () => {
    const before = member(['UNKNOWN', 5, p(1), p(2)])
    const options = { target: p(1), targetEpoch: 10, owned: null, isHeld: () => false }
    expect(() => reconcile(before, options)).toThrow(
      expect.objectContaining({ errorCode: ErrorCode.FENCED_MEMBER_EPOCH }),
    )
  })

  it('moves on remembers the epoch before', () => {
    const after = reconcile(member(['STABLE', 5, p(1), p()]), {
      target: p(1),
      targetEpoch: 10,
      owned: null,
      isHeld: () => false,
    })
    expect(after.previousMemberEpoch).toBe(5)
  })
})
