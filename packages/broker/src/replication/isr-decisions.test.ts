import { describe, expect, test } from 'vitest'
import { FollowerProgress } from './follower-progress.ts'
import { laggingMembers, mayJoinIsr, nextHighWatermark, type HighWatermarkInputs } from './isr-decisions.ts'

function follower(brokerId: number, logEndOffset: number, caughtUpMs = 0): FollowerProgress {
  const progress = new FollowerProgress(brokerId)
  progress.logEndOffset = logEndOffset
  progress.lastCaughtUpMs = caughtUpMs
  return progress
}

function highWatermark(inputs: Partial<HighWatermarkInputs>): number {
  return nextHighWatermark({
    current: 0,
    isr: { committed: [1, 2, 3], proposed: null },
    leaderEndOffset: 100,
    followers: [],
    underMinIsr: false,
    holdsUnderMinIsr: false,
    nowMs: 50_000,
    lagMsMax: 30_000,
    isEligible: () => true,
    ...inputs,
  })
}

describe('high watermark', () => {
  test('is the smallest log end of the ISR', () => {
    expect(highWatermark({ followers: [follower(2, 80), follower(3, 60)] })).toBe(60)
  })

  test('ignores a replica outside the ISR that lags', () => {
    const isr = { committed: [1, 2], proposed: null }
    expect(highWatermark({ isr, followers: [follower(2, 80), follower(3, 10)] })).toBe(80)
  })

  test('waits for a replica outside the ISR that is caught up and about to join', () => {
    const isr = { committed: [1, 2], proposed: null }
    const joining = follower(3, 70, 49_000)
    expect(highWatermark({ isr, followers: [follower(2, 80), joining] })).toBe(70)
    expect(highWatermark({ isr, followers: [follower(2, 80), joining], isEligible: () => false })).toBe(80)
  })

  test('counts proposed members before the controller has answered', () => {
    const isr = { committed: [1, 2], proposed: [1, 2, 3] }
    expect(highWatermark({ isr, followers: [follower(2, 80), follower(3, 75)] })).toBe(75)
  })

  test('counts members that are being removed until the controller has answered', () => {
    const isr = { committed: [1, 2, 3], proposed: [1, 2] }
    expect(highWatermark({ isr, followers: [follower(2, 80), follower(3, 20)] })).toBe(20)
  })

  test('never falls', () => {
    expect(highWatermark({ current: 70, followers: [follower(2, 80), follower(3, 60)] })).toBe(70)
  })

  test('stays put under min ISR with the rule of Kafka 4.0 and moves with that of 3.9', () => {
    const alone = { isr: { committed: [1], proposed: null }, underMinIsr: true, current: 40 }
    expect(highWatermark({ ...alone, holdsUnderMinIsr: true })).toBe(40)
    expect(highWatermark({ ...alone, holdsUnderMinIsr: false })).toBe(100)
  })

  test('does not pass a member that has not fetched in this epoch', () => {
    expect(highWatermark({ followers: [follower(2, -1), follower(3, 90)], current: 5 })).toBe(5)
  })
})

describe('ISR membership', () => {
  test('a member lags when it is neither at the log end nor was within the lag time', () => {
    const followers = [follower(2, 100, 0), follower(3, 99, 10_000), follower(4, 50, 30_000)]
    expect(laggingMembers([1, 2, 3, 4], followers, 100, 50_000, 30_000)).toEqual([3])
  })

  test('a replica joins with all that is committed and all from before the leader epoch', () => {
    const isr = { committed: [1], proposed: null }
    expect(mayJoinIsr(isr, follower(2, 90), 90, 80, true)).toBe(true)
    expect(mayJoinIsr(isr, follower(2, 89), 90, 80, true)).toBe(false)
    expect(mayJoinIsr(isr, follower(2, 90), 80, 95, true)).toBe(false)
  })

  test('nobody joins while a proposal is under way, when fenced, or twice', () => {
    expect(mayJoinIsr({ committed: [1], proposed: [1, 3] }, follower(2, 90), 90, 0, true)).toBe(false)
    expect(mayJoinIsr({ committed: [1], proposed: null }, follower(2, 90), 90, 0, false)).toBe(false)
    expect(mayJoinIsr({ committed: [1, 2], proposed: null }, follower(2, 90), 90, 0, true)).toBe(false)
  })
})
