import { expect, test } from 'vitest'
import type { TopicPartitions } from '../modern/topic-partitions.ts'
import { assignSimply } from './simple-assignor.ts'

type Members = Record<string, { topics: string[]; has?: TopicPartitions }>

function assign(members: Members, counts: Record<string, number>): Record<string, string[]> {
  const assignable = new Map(
    Object.entries(counts).map(([id, count]) => [id, new Set(Array.from({ length: count }, (_, index) => index))]),
  )
  const given = assignSimply({
    members: Object.entries(members).map(([memberId, { topics, has }]) => ({
      memberId,
      instanceId: null,
      rackId: null,
      topicIds: new Set(topics),
      assigned: has ?? new Map(),
    })),
    partitionCounts: new Map(),
    assignable,
  })
  const flat = (target: TopicPartitions): string[] =>
    [...target].flatMap(([id, partitions]) => [...partitions].map((partition) => `${id}${partition}`)).sort()
  return Object.fromEntries([...given].map(([memberId, target]) => [memberId, flat(target)]))
}

test('few members divide the partitions evenly', () => {
  const given = assign({ m1: { topics: ['A', 'B'] }, m2: { topics: ['A', 'B'] } }, { A: 3, B: 2 })
  expect([given['m1']?.length, given['m2']?.length].sort()).toEqual([2, 3])
  expect([...(given['m1'] ?? []), ...(given['m2'] ?? [])].sort()).toEqual(['A0', 'A1', 'A2', 'B0', 'B1'])
})

test('many members share, evenly', () => {
  const members = Object.fromEntries([1, 2, 3, 4, 5].map((id) => [`m${id}`, { topics: ['A'] }]))
  const given = Object.values(assign(members, { A: 2 })).flat()
  expect(given).toHaveLength(5)
  expect([2, 3]).toContain(given.filter((place) => place === 'A0').length)
})

test('members keep what they have when another comes', () => {
  const has: TopicPartitions = new Map([['A', new Set([1, 2])]])
  const given = assign({ a: { topics: ['A'] }, b: { topics: ['A'], has } }, { A: 4 })
  expect(given).toEqual({ a: ['A0', 'A3'], b: ['A1', 'A2'] })
})

test('topics of different subscribers are divided among theirs only', () => {
  const given = assign({ a: { topics: ['A'] }, b: { topics: ['A', 'B'] }, c: { topics: ['B'] } }, { A: 2, B: 1 })
  expect(given['a']).toHaveLength(1)
  expect(given['b']).toContain('B0')
  expect(given['c']).toEqual(['B0'])
})

test('nobody is left with a partition that may not be assigned, and no member is no assignment', () => {
  expect(assign({ a: { topics: ['A', 'C'] } }, { A: 1 })).toEqual({ a: ['A0'] })
  expect(assign({}, { A: 1 })).toEqual({})
})
