import { describe, expect, test } from 'vitest'
import { FollowerProgress } from './follower-progress.ts'
import { isRackAware, preferredReplica } from './replica-selector.ts'

const RACKS: Readonly<Record<number, string>> = { 1: 'az1', 2: 'az2', 3: 'az3', 4: 'az2' }

function follower(brokerId: number, logEndOffset: number, logStartOffset = 0, caughtUpMs = 0): FollowerProgress {
  const progress = new FollowerProgress(brokerId)
  progress.fetched(logEndOffset, logStartOffset, 1, caughtUpMs, logEndOffset)
  return progress
}

function choose(followers: FollowerProgress[], rackId: string, offset = 50, isr = [1, 2, 3, 4]): number {
  return preferredReplica({ nodeId: 1, isr, followers }, offset, rackId, (id) => RACKS[id] ?? null)
}

describe('the preferred replica of a consumer', () => {
  test('is the in-sync follower in its zone', () => {
    expect(choose([follower(2, 100), follower(3, 100)], 'az3')).toBe(3)
  })

  test('is the leader when the leader is there, nobody is, or the consumer tells no zone', () => {
    const followers = [follower(2, 100), follower(3, 100)]
    expect(choose(followers, 'az1')).toBe(-1)
    expect(choose(followers, 'az9')).toBe(-1)
    expect(choose(followers, '')).toBe(-1)
  })

  test('has what is asked for', () => {
    expect(choose([follower(3, 49)], 'az3')).toBe(-1)
    expect(choose([follower(3, 100, 51)], 'az3')).toBe(-1)
    expect(choose([follower(3, 100)], 'az3', 50, [1, 2])).toBe(-1)
    expect(choose([follower(3, 50, 50)], 'az3')).toBe(3)
  })

  test('of two in the zone is the one that is further, then the one that was so last', () => {
    expect(choose([follower(2, 90), follower(4, 100)], 'az2')).toBe(4)
    expect(choose([follower(2, 100, 0, 5), follower(4, 100, 0, 3)], 'az2')).toBe(2)
  })
})

test.each([
  ['org.apache.kafka.common.replica.RackAwareReplicaSelector', true],
  ['org.apache.kafka.common.replica.LeaderSelector', false],
  ['', false],
])('%s sends consumers to followers: %s', (name, expected) => {
  expect(isRackAware(name)).toBe(expected)
})
