import { describe, expect, test } from 'vitest'
import { METADATA_TOPIC_ID } from '@millrace/base/uuid'
import { ErrorCode } from '@millrace/protocol/errors'
import { setUp, state } from './partition-fixture.ts'

describe('the ISR of a leader', () => {
  test('a follower that has all that is committed is proposed once, with broker epochs', () => {
    const { partition, proposals, produce, fetch } = setUp()
    partition.apply(state({ isr: [1, 2] }))
    produce(1)
    fetch(2, 1)
    fetch(3, 1)
    fetch(3, 1)
    expect(proposals.map(({ proposal }) => proposal)).toEqual([
      {
        topicId: METADATA_TOPIC_ID,
        partition: 0,
        leaderEpoch: 4,
        partitionEpoch: 10,
        isr: [
          { brokerId: 1, brokerEpoch: 100 },
          { brokerId: 2, brokerEpoch: 102 },
          { brokerId: 3, brokerEpoch: 103 },
        ],
      },
    ])
    proposals[0]?.answer({})
    expect(partition.isr).toEqual([1, 2, 3])
    expect(partition.partitionEpoch).toBe(11)
  })

  test('a proposed member holds the high watermark back before the controller has answered', () => {
    const { partition, proposals, produce, fetch } = setUp()
    partition.apply(state({ isr: [1, 2] }))
    fetch(3, 0)
    expect(proposals).toHaveLength(1)
    produce(1)
    fetch(2, 1)
    expect(partition.highWatermark).toBe(0)
    proposals[0]?.answer({ errorCode: ErrorCode.INVALID_UPDATE_VERSION })
    fetch(2, 1)
    expect(partition.highWatermark).toBe(0)
    partition.apply(state({ isr: [1, 2], partitionEpoch: 11, leaderEpoch: 4 }))
    fetch(3, 1)
    expect(partition.highWatermark).toBe(1)
  })

  test('a fenced replica, or one with an older broker epoch, is not proposed', () => {
    const { partition, proposals, inactive } = setUp()
    partition.apply(state({ isr: [1] }))
    inactive.add(2)
    partition.followerFetched(2, 102, 0, 0)
    partition.followerFetched(3, 99, 0, 0)
    expect(proposals).toEqual([])
  })

  test('a member may be proposed again after the controller found it ineligible', () => {
    const { partition, proposals, fetch } = setUp()
    partition.apply(state({ isr: [1] }))
    fetch(2, 0)
    proposals[0]?.answer({ errorCode: ErrorCode.INELIGIBLE_REPLICA })
    expect(partition.isr).toEqual([1])
    fetch(2, 0)
    expect(proposals).toHaveLength(2)
  })

  test('a member that lags too long is left out, and counts until the controller has agreed', () => {
    const { world, partition, proposals, produce, fetch } = setUp()
    partition.apply(state())
    const answers = produce(-1, 100_000)
    fetch(2, 1)
    world.advance(30_001)
    fetch(2, 1)
    partition.checkIsr()
    expect(proposals.map(({ proposal }) => proposal.isr.map(({ brokerId }) => brokerId))).toEqual([[1, 2]])
    expect(partition.highWatermark).toBe(0)
    proposals[0]?.answer({})
    expect(partition.highWatermark).toBe(1)
    expect(answers).toEqual(['0@0'])
  })

  test('the answer to a proposal that metadata has overtaken is dropped', () => {
    const { partition, proposals, fetch } = setUp()
    partition.apply(state({ isr: [1] }))
    fetch(2, 0)
    partition.apply(state({ isr: [1, 3], partitionEpoch: 20 }))
    proposals[0]?.answer({ partitionEpoch: 11 })
    expect(partition.isr).toEqual([1, 3])
    expect(partition.partitionEpoch).toBe(20)
  })
})
