import { expect, test } from 'vitest'
import { World } from '@millrace/testkit/world'
import { runSliced } from './sliced-work.ts'

function* steps(count: number, step: (index: number) => void): Generator<void> {
  for (let index = 0; index < count; index++) {
    step(index)
    yield
  }
}

/** A host whose clock moves by `stepMs` with every look at it. */
function hostWithBusyClock(world: World, stepMs: number): ReturnType<World['addHost']> {
  const host = world.addHost('broker')
  let nowMs = 0
  return Object.assign(Object.create(host), { clock: { nowMs: () => 0, monotonicMs: () => (nowMs += stepMs) } })
}

test('work that fits a slice is done at once', () => {
  let done = false
  runSliced(
    new World({ seed: 1 }).addHost('broker'),
    steps(1_000, () => {}),
    {
      isGivenUp: () => false,
      done: () => (done = true),
    },
  )
  expect(done).toBe(true)
})

test('others have their turn between slices', () => {
  const world = new World({ seed: 1 })
  const host = hostWithBusyClock(world, 1)
  const order: string[] = []
  const work = steps(12, (index) => void order.push(String(index)))
  runSliced(host, work, { isGivenUp: () => false, done: () => order.push('done') })
  expect(order).toEqual(['0', '1', '2', '3', '4'])
  host.tick(() => order.push('other'))
  world.runUntil(() => order.includes('done'))
  expect(order.join(' ')).toBe('0 1 2 3 4 5 6 7 8 9 other 10 11 done')
})

test('work that is given up ends without a word', () => {
  const world = new World({ seed: 1 })
  let count = 0
  let done = false
  const work = steps(12, () => void count++)
  runSliced(hostWithBusyClock(world, 1), work, { isGivenUp: () => count >= 7, done: () => (done = true) })
  world.run()
  expect([count, done]).toEqual([7, false])
})
