import { expect, test } from 'vitest'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts'
import { assignRanges } from './range-assignor.ts'

const plain = (assignments: ReadonlyMap<string, unknown>): Record<string, unknown> => Object.fromEntries(assignments)

test('members in order of id get consecutive partitions, the first ones one more', () => {
  const subscriptions = new Map([
    ['m2', ['a', 'b']],
    ['m1', ['a', 'b']],
    ['m3', ['a']],
  ])
  expect(
    plain(
      assignRanges(
        subscriptions,
        new Map([
          ['a', 7],
          ['b', 3],
        ]),
      ),
    ),
  ).toEqual({
    m1: [
      { topic: 'a', partitions: [0, 1, 2] },
      { topic: 'b', partitions: [0, 1] },
    ],
    m2: [
      { topic: 'a', partitions: [3, 4] },
      { topic: 'b', partitions: [2] },
    ],
    m3: [{ topic: 'a', partitions: [5, 6] }],
  })
})

test('members without partitions and topics that are not there leave nothing out', () => {
  const subscriptions = new Map([
    ['m1', ['a']],
    ['m2', ['a', 'gone']],
  ])
  expect(plain(assignRanges(subscriptions, new Map([['a', 1]])))).toEqual({
    m1: [{ topic: 'a', partitions: [0] }],
    m2: [],
  })
})

test("subscriptions and assignments are Kafka's bytes", () => {
  expect(encodeSubscription(['t1']).toString('hex')).toBe('0000' + '00000001' + '00027431' + 'ffffffff')
  expect(encodeAssignment([{ topic: 't1', partitions: [0, 258] }]).toString('hex')).toBe(
    '0000' + '00000001' + '00027431' + '00000002' + '00000000' + '00000102' + 'ffffffff',
  )
  // As a newer client writes it: version 3 with owned partitions, generation and rack behind.
  const newer = Buffer.from('0003' + '00000001' + '00027431' + 'ffffffff' + '00000000' + '00000007' + 'ffff', 'hex')
  expect(decodeSubscription(newer)).toEqual(['t1'])
  expect(decodeAssignment(encodeAssignment([{ topic: 'x', partitions: [3] }]))).toEqual([
    { topic: 'x', partitions: [3] },
  ])
  expect(decodeAssignment(Buffer.alloc(0))).toEqual([])
  expect(() => decodeAssignment(Buffer.from('00007fffffff', 'hex'))).toThrow()
})
