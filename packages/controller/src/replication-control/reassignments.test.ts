import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { partitionByName } from '@millrace/metadata/image'
import type { ControlState } from '../decision.ts'
import { TOPIC_ID, after, broker, directory, stateOf, topic } from '../testing/decision-fixture.ts'
import type { PartitionOptions } from '../testing/decision-fixture.ts'
import { alterPartitionReassignments, listPartitionReassignments } from './reassignments.ts'

function cluster(partition: PartitionOptions): ControlState {
  return stateOf([broker(1), broker(2), broker(3), broker(4), ...topic('orders', TOPIC_ID, [partition])])
}

function ask(
  state: ControlState,
  replicas: number[] | null,
  allowReplicationFactorChange = true,
  name = 'orders',
): ReturnType<typeof alterPartitionReassignments> {
  return alterPartitionReassignments(state, {
    timeoutMs: 1,
    allowReplicationFactorChange,
    topics: [{ name, partitions: [{ partitionIndex: 0, replicas }] }],
  })
}

const result = (decision: ReturnType<typeof ask>): number | undefined =>
  decision.response.responses[0]?.partitions[0]?.errorCode

describe('reassignment', () => {
  test('it starts with new and old replicas together; the leader epoch stays', () => {
    const state = cluster({ replicas: [1, 2] })
    const decision = ask(state, [3, 1])
    const moved = after(state, decision)
    expect(partitionByName(moved.image, 'orders', 0)).toMatchObject({
      replicas: [3, 1, 2],
      addingReplicas: [3],
      removingReplicas: [2],
      isr: [1, 2],
      leader: 1,
      leaderEpoch: 5,
      directories: [directory(3), directory(1), directory(2)],
    })
    expect(listPartitionReassignments(moved.image, { timeoutMs: 1, topics: null }).topics).toEqual([
      {
        name: 'orders',
        partitions: [{ partitionIndex: 0, replicas: [3, 1, 2], addingReplicas: [3], removingReplicas: [2] }],
      },
    ])
  })

  test('one that only removes replicas is done at once, with a new leader epoch', () => {
    const state = cluster({ replicas: [1, 2, 3] })
    expect(partitionByName(after(state, ask(state, [2, 3])).image, 'orders', 0)).toMatchObject({
      replicas: [2, 3],
      isr: [2, 3],
      leader: 2,
      leaderEpoch: 6,
      removingReplicas: [],
    })
  })

  test('cancelling goes back to the replicas of before', () => {
    const state = cluster({ replicas: [3, 1, 2], isr: [1, 2, 3], leader: 1, adding: [3], removing: [2] })
    expect(partitionByName(after(state, ask(state, null)).image, 'orders', 0)).toMatchObject({
      replicas: [1, 2],
      isr: [1, 2],
      leader: 1,
      addingReplicas: [],
      removingReplicas: [],
      leaderEpoch: 6,
    })
  })

  test.each([
    ['nothing to cancel', { replicas: [1, 2] }, null, true, 'orders', ErrorCode.NO_REASSIGNMENT_IN_PROGRESS],
    ['an unknown topic', { replicas: [1, 2] }, [1], true, 'none', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['an empty list', { replicas: [1, 2] }, [], true, 'orders', ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['a broker twice', { replicas: [1, 2] }, [3, 3], true, 'orders', ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['an unknown broker', { replicas: [1, 2] }, [9, 1], true, 'orders', ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    [
      'another factor where that is not allowed',
      { replicas: [1, 2] },
      [1, 2, 3],
      false,
      'orders',
      ErrorCode.INVALID_REPLICATION_FACTOR,
    ],
    [
      'only added replicas in sync',
      { replicas: [3, 1], isr: [3], leader: 3, adding: [3], removing: [1] },
      null,
      true,
      'orders',
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    ],
  ] as const)('%s is refused', (_, partition, replicas, allows, name, errorCode) => {
    const decision = ask(cluster(partition), replicas === null ? null : [...replicas], allows, name)
    expect(decision.records).toEqual([])
    expect(result(decision)).toBe(errorCode)
  })

  test('a reassignment to the present replicas changes nothing', () => {
    const decision = ask(cluster({ replicas: [1, 2] }), [1, 2])
    expect([decision.records, result(decision)]).toEqual([[], 0])
  })
})
