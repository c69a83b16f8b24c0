import { expect, test } from 'vitest'
import { createNodeHost } from './node-host.ts'

const { clock, random, tick, timers } = createNodeHost()

test('random numbers cover their range and never leave it', () => {
  const seen = new Set<number>()
  for (let index = 0; index < 3000; index++) seen.add(random.below(7))
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
  for (let index = 0; index < 1000; index++) {
    const wide = random.below(2 ** 53 - 1)
    expect(Number.isSafeInteger(wide) && wide >= 0 && wide < 2 ** 53 - 1).toBe(true)
  }
  expect(random.below(1)).toBe(0)
  expect(() => random.below(0)).toThrow(RangeError)
})

test('random bytes have the asked length and do not change later', () => {
  const first = random.bytes(16)
  const copy = Buffer.from(first)
  for (let index = 0; index < 1000; index++) random.bytes(16)
  expect(copy.equals(first)).toBe(true)
  expect(random.bytes(100_000).length).toBe(100_000)
  expect(Buffer.from(random.bytes(16)).equals(first)).toBe(false)
})

test('a cleared timer does not fire, another does, after ticks', async () => {
  const events: string[] = []
  const before = clock.monotonicMs()
  await new Promise<void>((resolve) => {
    timers.clear(timers.set(1, () => events.push('cleared')))
    timers.set(15, () => {
      events.push('timer')
      resolve()
    })
    tick(() => events.push('tick'))
    // Timers do not hold the process, so a test holds it.
    const hold = setInterval(() => {}, 5)
    timers.set(16, () => clearInterval(hold))
  })
  expect(events).toEqual(['tick', 'timer'])
  expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(13)
})
