import { describe, expect, test } from 'vitest'
import { World } from './world.ts'

describe('world', () => {
  test('timers run in order of time, ticks before them, and only when time is let pass', () => {
    const world = new World({ seed: 1 })
    const { timers, tick, clock } = world.addHost('broker-1')
    const events: string[] = []
    const startMs = clock.nowMs()
    timers.set(20, () => events.push(`b@${clock.nowMs() - startMs}`))
    timers.set(10, () => {
      events.push(`a@${clock.monotonicMs()}`)
      tick(() => events.push('tick'))
      timers.set(0, () => events.push('after tick'))
    })
    timers.clear(timers.set(15, () => events.push('cleared')))
    expect(events).toEqual([])
    world.advance(10)
    expect(events).toEqual(['a@10', 'tick', 'after tick'])
    world.run()
    expect(events).toEqual(['a@10', 'tick', 'after tick', 'b@20'])
  })

  test('a goal that is not met in time is told with the seed', () => {
    const world = new World({ seed: 'abc' })
    const host = world.addHost('a')
    expect(() => world.runUntil(() => false, 100)).toThrow(/nothing is left.*seed abc/)
    const again = (): void => {
      host.timers.set(10, again)
    }
    again()
    expect(() => world.runUntil(() => false, 100)).toThrow(/100 ms have passed.*seed abc/)
  })

  test('a loop that never waits is stopped', () => {
    const world = new World({ seed: 1 })
    const { tick } = world.addHost('a')
    const again = (): void => tick(again)
    again()
    expect(() => world.advance(1)).toThrow(/without any time passing/)
  })

  test('nothing of a crashed process calls back, and the next one starts clean', () => {
    const world = new World({ seed: 1 })
    const host = world.addHost('a')
    const events: string[] = []
    host.timers.set(5, () => events.push('old timer'))
    host.tick(() => events.push('old tick'))
    host.crashProcess()
    host.restart()
    host.timers.set(5, () => events.push('new timer'))
    world.run()
    expect(events).toEqual(['new timer'])
    expect(host.incarnation).toBe(2)
  })

  test('a promise settles while events run', async () => {
    const world = new World({ seed: 1 })
    const host = world.addHost('a')
    const wait = (ms: number): Promise<void> => new Promise((resolve) => host.timers.set(ms, resolve))
    const work = async (): Promise<number> => {
      await wait(10)
      await wait(20)
      return host.clock.monotonicMs()
    }
    expect(await world.settle(work())).toBe(30)
    await expect(world.settle(new Promise(() => {}))).rejects.toThrow(/not settled/)
  })

  test('random numbers repeat by seed and differ between hosts', () => {
    const draw = (seed: number, name: string): number[] => {
      const { random } = new World({ seed }).addHost(name)
      return Array.from({ length: 20 }, () => random.below(1000))
    }
    expect(draw(1, 'a')).toEqual(draw(1, 'a'))
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'))
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'))
    const { random } = new World({ seed: 5 }).addHost('a')
    const counts = [0, 0, 0, 0]
    for (let index = 0; index < 4000; index++) (counts[random.below(4)] as number)++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
