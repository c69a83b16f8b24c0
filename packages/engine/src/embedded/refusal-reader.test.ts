import { expect, test, vi } from 'vitest'
import { Refusals } from '@millrace/network/refusals'
import type { EngineMessage } from './control-protocol.ts'
import { REFUSAL_PAGE_MAX, RefusalReader } from './refusal-reader.ts'

function nodeWith(count: number): {
  refusals: Refusals
  asked: EngineMessage[]
  reader: RefusalReader
  silent: boolean
} {
  const refusals = new Refusals(() => 1)
  const asked: EngineMessage[] = []
  const add = (index: number): boolean =>
    refusals.add({ kind: 'sasl', listener: 'L', remoteAddress: `10.0.0.${index}`, reason: 'no' })
  for (let index = 0; index < count; index++) add(index)
  const node = { refusals, asked, silent: false }
  const reader: RefusalReader = new RefusalReader('one', (message) => {
    asked.push(message)
    if (message.kind !== 'refusals' || node.silent) return
    const page = refusals.after(message.after.refusal, REFUSAL_PAGE_MAX)
    queueMicrotask(() => reader.onPage({ kind: 'refusals', refusals: page, denials: [], principals: [] }))
  })
  return Object.assign(node, { reader })
}

test('all pages are read, then only what is new, also by two who ask at once', async () => {
  const { refusals, asked, reader } = nodeWith(120)
  const [first, second] = await Promise.all([reader.read(), reader.read()])
  expect([first.refusals.length, second.refusals.length]).toEqual([120, 0])
  expect(asked).toHaveLength(4)
  refusals.add({ kind: 'sasl', listener: 'L', remoteAddress: '10.0.0.7', reason: 'again' })
  expect((await reader.read()).refusals).toMatchObject([{ reason: 'again', count: 2 }])
})

test('a node that does not answer has nothing to tell, and is asked again for the same', async () => {
  vi.useFakeTimers()
  try {
    const node = nodeWith(1)
    node.silent = true
    const read = node.reader.read()
    await vi.advanceTimersByTimeAsync(5_000)
    expect((await read).refusals).toEqual([])
    node.silent = false
    expect((await node.reader.read()).refusals).toHaveLength(1)
  } finally {
    vi.useRealTimers()
  }
})

test('a page of the longest words fits a line', () => {
  const refusals = new Refusals(() => 1)
  const long = '\u0001'.repeat(2_000)
  for (let index = 0; index < REFUSAL_PAGE_MAX; index++)
    refusals.add({
      kind: 'sasl',
      listener: 'L',
      remoteAddress: `${index}`,
      principal: long,
      reason: long,
      remedy: long,
    })
  expect(JSON.stringify(refusals.after(0, REFUSAL_PAGE_MAX)).length).toBeLessThan(512 * 1024)
})
