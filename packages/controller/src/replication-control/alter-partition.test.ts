import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { partitionByName } from '@millrace/metadata/image'
import type { ControlState } from '../decision.ts'
import { TOPIC_ID, after, broker, stateOf, topic } from '../testing/decision-fixture.ts'
import type { PartitionOptions } from '../testing/decision-fixture.ts'
import { alterPartition } from './alter-partition.ts'

interface Proposal {
  readonly brokerId?: number
  readonly brokerEpoch?: number
  readonly topicId?: string
  readonly partition?: number
  readonly leaderEpoch?: number
  readonly partitionEpoch?: number
  readonly isr?: readonly (readonly [id: number, epoch: number])[]
  readonly recoveryState?: number
}

function cluster(partition: PartitionOptions, extra: readonly ReturnType<typeof broker>[] = []): ControlState {
  return stateOf([broker(1), broker(2), broker(3), ...extra, ...topic('orders', TOPIC_ID, [partition])])
}

function propose(state: ControlState, proposal: Proposal, apiVersion = 3): ReturnType<typeof alterPartition> {
  const isr = proposal.isr ?? [
    [1, 1],
    [2, 2],
  ]
  return alterPartition(
    state,
    {
      brokerId: proposal.brokerId ?? 1,
      brokerEpoch: proposal.brokerEpoch ?? 1,
      topics: [
        {
          topicName: '',
          topicId: proposal.topicId ?? TOPIC_ID,
          partitions: [
            {
              partitionIndex: proposal.partition ?? 0,
              leaderEpoch: proposal.leaderEpoch ?? 5,
              newIsr: isr.map(([id]) => id),
              newIsrWithEpochs: isr.map(([brokerId, brokerEpoch]) => ({ brokerId, brokerEpoch })),
              leaderRecoveryState: proposal.recoveryState ?? 0,
              partitionEpoch: proposal.partitionEpoch ?? 7,
            },
          ],
        },
      ],
    },
    apiVersion,
  )
}

const REPLICAS = [1, 2, 3]

describe('AlterPartition', () => {
  test('a smaller ISR is accepted: the partition epoch grows, the leader epoch does not', () => {
    const state = cluster({ replicas: REPLICAS })
    const decision = propose(state, {})
    expect(decision.response.topics[0]?.partitions[0]).toMatchObject({
      errorCode: 0,
      leaderId: 1,
      leaderEpoch: 5,
      isr: [1, 2],
      partitionEpoch: 8,
    })
    expect(partitionByName(after(state, decision).image, 'orders', 0)).toMatchObject({
      isr: [1, 2],
      leader: 1,
      leaderEpoch: 5,
      partitionEpoch: 8,
    })
  })

  test('a proposal that changes nothing writes nothing', () => {
    const decision = propose(cluster({ replicas: REPLICAS, isr: [1, 2] }), {})
    expect(decision.records).toEqual([])
    expect(decision.response.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, partitionEpoch: 7 })
  })

  const NORMAL: PartitionOptions = { replicas: REPLICAS }
  const REFUSALS: readonly [string, Proposal, PartitionOptions, number][] = [
    ['an unknown topic id', { topicId: 'bm8gc3VjaCB0b3BpYyBpZA' }, NORMAL, ErrorCode.UNKNOWN_TOPIC_ID],
    ['an unknown partition', { partition: 4 }, NORMAL, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['a leader epoch above the controller’s', { leaderEpoch: 6 }, NORMAL, ErrorCode.NOT_CONTROLLER],
    ['a partition epoch above the controller’s', { partitionEpoch: 8 }, NORMAL, ErrorCode.NOT_CONTROLLER],
    [
      'a higher partition epoch, before a lower leader epoch',
      { leaderEpoch: 4, partitionEpoch: 8 },
      NORMAL,
      ErrorCode.NOT_CONTROLLER,
    ],
    ['a lower leader epoch', { leaderEpoch: 4 }, NORMAL, ErrorCode.FENCED_LEADER_EPOCH],
    ['a sender that does not lead', { brokerId: 2, brokerEpoch: 2 }, NORMAL, ErrorCode.INVALID_REQUEST],
    ['a lower partition epoch', { partitionEpoch: 6 }, NORMAL, ErrorCode.INVALID_UPDATE_VERSION],
    [
      'a member that is no replica',
      {
        isr: [
          [1, 1],
          [4, 4],
        ],
      },
      NORMAL,
      ErrorCode.INVALID_REQUEST,
    ],
    ['an ISR without the leader', { isr: [[2, 2]] }, NORMAL, ErrorCode.INVALID_REQUEST],
    ['an empty ISR', { isr: [] }, NORMAL, ErrorCode.INVALID_REQUEST],
    [
      'recovery with more than one member',
      { recoveryState: 1 },
      { ...NORMAL, isr: [1], recovering: true },
      ErrorCode.INVALID_REQUEST,
    ],
    ['going back into recovery', { recoveryState: 1, isr: [[1, 1]] }, NORMAL, ErrorCode.INVALID_REQUEST],
    [
      'a member of another epoch',
      {
        isr: [
          [1, 1],
          [2, 99],
        ],
      },
      NORMAL,
      ErrorCode.INELIGIBLE_REPLICA,
    ],
  ]
  test.each(REFUSALS)('%s is refused', (_, proposal, partition, errorCode) => {
    const decision = propose(cluster(partition), proposal)
    expect(decision.records).toEqual([])
    expect(decision.response.topics[0]?.partitions[0]?.errorCode).toBe(errorCode)
  })

  test.each([
    ['fenced', broker(2, { fenced: true })],
    ['shutting down', broker(2, { leaving: true })],
  ])('a member that is %s is refused', (_, member) => {
    const decision = propose(cluster({ replicas: REPLICAS, isr: [1] }, [member]), {})
    expect(decision.response.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.INELIGIBLE_REPLICA)
  })

  test('a stale broker epoch refuses the whole request', () => {
    expect(propose(cluster(NORMAL), { brokerEpoch: 0 }).response).toMatchObject({
      errorCode: ErrorCode.STALE_BROKER_EPOCH,
      topics: [],
    })
  })

  test('a member without an epoch is not checked for it', () => {
    expect(
      propose(cluster(NORMAL), {
        isr: [
          [1, -1],
          [2, -1],
        ],
      }).response.topics[0]?.partitions[0]?.errorCode,
    ).toBe(0)
  })

  test('recovery ends with the leader’s first ordinary proposal', () => {
    const state = cluster({ replicas: REPLICAS, isr: [1], recovering: true })
    const decision = propose(state, { isr: [[1, 1]] })
    expect(partitionByName(after(state, decision).image, 'orders', 0)).toMatchObject({
      leaderRecoveryState: 0,
      partitionEpoch: 8,
    })
  })

  test('completing a reassignment drops the removed replicas, bumps the leader epoch and tells the old leader', () => {
    const state = cluster({ replicas: [2, 3, 1], isr: [1, 2], leader: 1, removing: [1], adding: [3] })
    const decision = propose(state, {
      isr: [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    })
    expect(decision.response.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.NEW_LEADER_ELECTED)
    expect(partitionByName(after(state, decision).image, 'orders', 0)).toMatchObject({
      replicas: [2, 3],
      isr: [2, 3],
      leader: 2,
      leaderEpoch: 6,
      removingReplicas: [],
      addingReplicas: [],
    })
  })
})
