import { expect, test } from 'vitest'
import { isInSync, waitUntilInSync } from './in-sync.ts'

const access = { bootstrap: '127.0.0.1:20009', internalSecret: 's' }
const behind = [{ replicas: [1, 2], isr: [1] }]
const caughtUp = [{ replicas: [1, 2], isr: [2, 1] }]

test('a broker is in sync when it is in the ISR of every partition it has a replica of', () => {
  expect(isInSync([], 2)).toBe(true)
  expect(isInSync([{ replicas: [1, 3], isr: [1] }], 2)).toBe(true)
  expect(isInSync([...caughtUp, ...behind], 2)).toBe(false)
  expect(isInSync(caughtUp, 2)).toBe(true)
})

test('waiting outlasts brokers that do not answer and ends when the replica has caught up', async () => {
  const answers = [new Error('connection refused'), behind, caughtUp]
  await waitUntilInSync({
    access,
    node: 2,
    read: async () => {
      const answer = answers.shift()
      if (answer === undefined || answer instanceof Error) throw answer
      return answer
    },
    timeoutMs: 10_000,
    signal: new AbortController().signal,
  })
  expect(answers).toEqual([])
})

test('a replica that stays behind is told when the time is up', async () => {
  const wait = waitUntilInSync({
    access,
    node: 2,
    read: async () => behind,
    timeoutMs: 0,
    signal: new AbortController().signal,
  })
  await expect(wait).rejects.toThrow('broker 2 has not caught up with all its partitions')
})
