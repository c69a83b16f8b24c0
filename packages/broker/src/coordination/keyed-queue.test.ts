import { expect, test } from 'vitest'
import { KeyedQueue } from './keyed-queue.ts'

test('work of one key waits for the work before it, work of another key does not', () => {
  const queue = new KeyedQueue()
  const log: string[] = []
  const finish: (() => void)[] = []
  const work = (name: string) => (done: () => void) => {
    log.push(name)
    finish.push(done)
  }
  queue.run('a', work('a1'))
  queue.run('a', work('a2'))
  queue.run('b', work('b1'))
  expect(log).toEqual(['a1', 'b1'])
  finish[0]?.()
  expect(log).toEqual(['a1', 'b1', 'a2'])
  finish[2]?.()
  expect(queue.isBusy('a')).toBe(false)
  expect(queue.isBusy('b')).toBe(true)
})

test('work that ends at once lets the next begin', () => {
  const queue = new KeyedQueue()
  const log: number[] = []
  for (const number of [1, 2, 3]) {
    queue.run('a', (done) => {
      log.push(number)
      done()
    })
  }
  expect(log).toEqual([1, 2, 3])
})
