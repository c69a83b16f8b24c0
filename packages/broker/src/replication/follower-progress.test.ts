import { describe, expect, test } from 'vitest'
import { FollowerProgress } from './follower-progress.ts'

describe('follower progress', () => {
  test('a fetch at the log end counts as caught up at that moment', () => {
    const follower = new FollowerProgress(2)
    follower.reset(false, 0, 10)
    follower.fetched(10, 0, 5, 100, 10)
    expect(follower.lastCaughtUpMs).toBe(100)
    expect(follower.brokerEpoch).toBe(5)
  })

  test('a fetch that reaches the log end of the fetch before counts as caught up at that earlier time', () => {
    const follower = new FollowerProgress(2)
    follower.reset(false, 0, 0)
    follower.fetched(5, 0, -1, 100, 10)
    follower.fetched(10, 0, -1, 200, 30)
    expect(follower.lastCaughtUpMs).toBe(100)
    follower.fetched(20, 0, -1, 300, 50)
    expect(follower.lastCaughtUpMs).toBe(100)
  })

  test('a follower at the log end is caught up however long ago it fetched', () => {
    const follower = new FollowerProgress(2)
    follower.reset(false, 0, 0)
    follower.fetched(10, 0, -1, 100, 10)
    expect(follower.isCaughtUp(10, 1_000_000, 30_000)).toBe(true)
    expect(follower.isCaughtUp(11, 30_100, 30_000)).toBe(true)
    expect(follower.isCaughtUp(11, 30_101, 30_000)).toBe(false)
  })

  test('a member of the ISR gets a whole lag period after an election, another replica does not', () => {
    const member = new FollowerProgress(2)
    member.reset(true, 1_000, 10)
    const outsider = new FollowerProgress(3)
    outsider.reset(false, 1_000, 10)
    expect(member.isCaughtUp(10, 31_000, 30_000)).toBe(true)
    expect(outsider.isCaughtUp(10, 1_000, 30_000)).toBe(false)
  })
})
