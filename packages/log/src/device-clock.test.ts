import { describe, expect, it } from 'vitest'
import { World } from '@millrace/testkit/world'
import { deviceClock } from './device-clock.ts'
import { LARGE_WRITE_BYTES, SyncWriteLimit } from './sync-write-limit.ts'

const GROUP_BYTES = LARGE_WRITE_BYTES - 1

describe('the clock of a device', () => {
  it('is the clock of the machine when the disk takes bytes as they are', () => {
    const host = new World({ seed: 1 }).addHost('machine')
    expect(deviceClock(host)).toBe(host.clock)
  })

  it('does not take a long time at the ciphers for a device that holds its writers up', () => {
    const { disk } = new World({ seed: 1 }).addHost('machine')
    const clock = { now: 0, nowMs: () => 0, monotonicMs: () => clock.now }
    const worked = Object.assign(disk, { workedMs: 0 })
    const limit = new SyncWriteLimit(deviceClock({ clock, disk: worked }))
    limit.run(GROUP_BYTES, () => {
      clock.now += 100
      worked.workedMs += 99
    })
    expect(limit.allows(GROUP_BYTES)).toBe(true)
    limit.run(GROUP_BYTES, () => (clock.now += 100))
    expect(limit.allows(GROUP_BYTES)).toBe(false)
  })
})
