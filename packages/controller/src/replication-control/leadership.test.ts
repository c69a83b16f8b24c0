import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { partitionByName } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import type { ControlState } from '../decision.ts'
import { TOPIC_ID, after, broker, stateOf, topic, topicConfigRecord } from '../testing/decision-fixture.ts'
import type { PartitionOptions, StateOptions } from '../testing/decision-fixture.ts'
import { electLeaders } from './elect-leaders.ts'
import { electPreferred, electWhereLeaderless, leaveIsrs } from './leadership.ts'

const UNCLEAN = topicConfigRecord('orders', 'unclean.leader.election.enable', 'true')

function cluster(
  partition: PartitionOptions,
  more: readonly Parameters<typeof stateOf>[0][number][] = [],
  options: StateOptions = {},
): ControlState {
  return stateOf([broker(1), broker(2), broker(3), ...topic('orders', TOPIC_ID, [partition]), ...more], options)
}

function apply(
  state: ControlState,
  records: readonly Parameters<typeof stateOf>[0][number][],
): PartitionState | undefined {
  return partitionByName(after(state, { records, response: null }).image, 'orders', 0)
}

describe('a broker leaves', () => {
  test('its leadership goes to the first live ISR member in assignment order', () => {
    const state = cluster({ replicas: [1, 3, 2], isr: [2, 3, 1] })
    expect(apply(state, leaveIsrs(state, 1))).toMatchObject({
      leader: 3,
      isr: [2, 3],
      leaderEpoch: 6,
      partitionEpoch: 8,
    })
  })

  test('a follower only leaves the ISR: the leader epoch stays', () => {
    const state = cluster({ replicas: [1, 2, 3] })
    expect(apply(state, leaveIsrs(state, 3))).toMatchObject({
      leader: 1,
      isr: [1, 2],
      leaderEpoch: 5,
      partitionEpoch: 8,
    })
  })

  test('before metadata.version 12 every ISR shrink makes a new leader epoch', () => {
    const state = cluster({ replicas: [1, 2, 3] }, [], { level: 11 })
    expect(apply(state, leaveIsrs(state, 3))).toMatchObject({ leader: 1, isr: [1, 2], leaderEpoch: 6 })
  })

  test('the last ISR member stays, without a leader', () => {
    const state = cluster({ replicas: [1, 2], isr: [1] })
    expect(apply(state, leaveIsrs(state, 1))).toMatchObject({ leader: -1, isr: [1], leaderEpoch: 6 })
  })

  test('with unclean elections any live replica leads, alone and recovering', () => {
    const state = cluster({ replicas: [1, 2, 3], isr: [1] }, [UNCLEAN])
    expect(apply(state, leaveIsrs(state, 1))).toMatchObject({
      leader: 2,
      isr: [2],
      leaderRecoveryState: 1,
      leaderEpoch: 6,
    })
  })

  test('an ISR member is preferred over an unclean election', () => {
    const state = cluster({ replicas: [1, 2, 3], isr: [1, 3] }, [UNCLEAN])
    expect(apply(state, leaveIsrs(state, 1))).toMatchObject({ leader: 3, isr: [3], leaderRecoveryState: 0 })
  })

  test.each([
    ['fenced', { fenced: true }],
    ['shutting down', { leaving: true }],
  ])('a broker that is %s does not become leader', (_, options) => {
    const state = cluster({ replicas: [1, 2, 3] }, [broker(2, options)])
    expect(apply(state, leaveIsrs(state, 1))).toMatchObject({ leader: 3 })
  })
})

describe('partitions without leader', () => {
  const LEADERLESS: PartitionOptions = { replicas: [1, 2], isr: [1], leader: -1 }

  test('the last ISR member leads when it joins', () => {
    const state = cluster(LEADERLESS, [broker(1, { fenced: true })])
    expect(apply(state, electWhereLeaderless(state, 1))).toMatchObject({ leader: 1, isr: [1], leaderRecoveryState: 0 })
  })

  test('another replica does not, unless unclean elections are allowed', () => {
    const clean = cluster(LEADERLESS, [broker(1, { fenced: true })])
    expect(electWhereLeaderless(clean, 2)).toEqual([])
    const unclean = cluster(LEADERLESS, [broker(1, { fenced: true }), UNCLEAN])
    expect(apply(unclean, electWhereLeaderless(unclean, 2))).toMatchObject({
      leader: 2,
      isr: [2],
      leaderRecoveryState: 1,
    })
  })

  test('the broker’s static default allows unclean elections too', () => {
    const state = cluster(LEADERLESS, [broker(1, { fenced: true })], {
      properties: { 'unclean.leader.election.enable': 'true' },
    })
    expect(apply(state, electWhereLeaderless(state, 2))).toMatchObject({ leader: 2 })
  })
})

describe('preferred leaders', () => {
  test('leadership goes back to the first replica when it is in the ISR', () => {
    const state = cluster({ replicas: [1, 2], leader: 2 })
    expect(apply(state, electPreferred(state, 10))).toMatchObject({ leader: 1, leaderEpoch: 6, isr: [1, 2] })
    const lagging = cluster({ replicas: [1, 2], isr: [2], leader: 2 })
    expect(electPreferred(lagging, 10)).toEqual([])
  })

  test('a broker that leads nearly all that prefer it is left alone', () => {
    const led = Array.from({ length: 9 }, () => ({ replicas: [1, 2], leader: 1 }))
    const state = stateOf([
      broker(1),
      broker(2),
      ...topic('orders', TOPIC_ID, [...led, { replicas: [1, 2], leader: 2 }, { replicas: [2, 1], leader: 1 }]),
    ])
    expect(electPreferred(state, 10, 10)).toMatchObject([{ body: { partitionId: 10, leader: 2 } }])
    expect(electPreferred(state, 10, 9)).toHaveLength(2)
  })
})

describe('ElectLeaders', () => {
  const ask = (
    state: ControlState,
    electionType: number,
    topicPartitions: { topic: string; partitions: number[] }[] | null,
  ): ReturnType<typeof electLeaders> => electLeaders(state, { electionType, topicPartitions, timeoutMs: 1000 })
  const one = [{ topic: 'orders', partitions: [0] }]
  const errorOf = (decision: ReturnType<typeof electLeaders>): number | undefined =>
    decision.response.replicaElectionResults[0]?.partitionResult[0]?.errorCode

  test('a preferred election moves the leader', () => {
    const decision = ask(cluster({ replicas: [1, 2], leader: 2 }), 0, one)
    expect(errorOf(decision)).toBe(0)
    expect(decision.records.length).toBe(1)
  })

  test.each([
    ['the preferred leader leads already', 0, { replicas: [1, 2] }, ErrorCode.ELECTION_NOT_NEEDED],
    [
      'the preferred leader is not in the ISR',
      0,
      { replicas: [1, 2], isr: [2], leader: 2 },
      ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
    ],
    ['there is a leader, unclean asked', 1, { replicas: [1, 2] }, ErrorCode.ELECTION_NOT_NEEDED],
    ['no replica lives', 1, { replicas: [4, 5], leader: -1 }, ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE],
  ] as const)('%s: its own error', (_, type, partition, errorCode) => {
    expect(errorOf(ask(cluster(partition), type, one))).toBe(errorCode)
  })

  test('unknown partitions are told, elections not needed are left out when all were asked for', () => {
    const state = cluster({ replicas: [1, 2] })
    expect(errorOf(ask(state, 0, [{ topic: 'none', partitions: [0] }]))).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    expect(ask(state, 0, null).response.replicaElectionResults).toEqual([])
    expect(ask(state, 7, null).response.errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })
})
