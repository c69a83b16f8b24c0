import { describe, expect, test } from 'vitest'
import { LARGE_WRITE_BYTES, SMALL_WRITE_BYTES, SyncWriteLimit } from './sync-write-limit.ts'

function limitWithClock() {
  const clock = { now: 0, nowMs: () => clock.now, monotonicMs: () => clock.now }
  return { clock, limit: new SyncWriteLimit(clock) }
}

describe('the limit of synchronous writes', () => {
  test('lets groups through up to the large size while writes are quick', () => {
    const { clock, limit } = limitWithClock()
    limit.run(SMALL_WRITE_BYTES, () => (clock.now += 1))
    expect(limit.allows(LARGE_WRITE_BYTES - 1)).toBe(true)
    expect(limit.allows(LARGE_WRITE_BYTES)).toBe(false)
  })

  test('lets only small groups through for a second after a slow write', () => {
    const { clock, limit } = limitWithClock()
    limit.run(SMALL_WRITE_BYTES, () => (clock.now += 12))
    expect(limit.allows(SMALL_WRITE_BYTES)).toBe(false)
    expect(limit.allows(SMALL_WRITE_BYTES - 1)).toBe(true)
    clock.now += 999
    expect(limit.allows(SMALL_WRITE_BYTES)).toBe(false)
    clock.now += 1
    expect(limit.allows(SMALL_WRITE_BYTES)).toBe(true)
  })

  test('does not judge by small writes and passes errors on', () => {
    const { clock, limit } = limitWithClock()
    limit.run(SMALL_WRITE_BYTES - 1, () => (clock.now += 50))
    expect(limit.allows(SMALL_WRITE_BYTES)).toBe(true)
    expect(() =>
      limit.run(SMALL_WRITE_BYTES, () => {
        throw new Error('ENOSPC')
      }),
    ).toThrow('ENOSPC')
  })
})
