import { expect, it } from 'vitest'
import { partitionForGroup } from './partition-for-group.ts'

it.each<[string, number]>([
  // Java: Math.abs("…".hashCode()) % 50.
  ['', 0],
  ['a', 47],
  ['test', 48],
  ['console-consumer-12345', Math.abs(javaHash('console-consumer-12345')) % 50],
  // A string whose hash is -2^31: Kafka's abs makes it 0.
  ['polygenelubricants', 0],
])('%s lies in partition %i of 50', (groupId, partition) => {
  expect(partitionForGroup(groupId, 50)).toBe(partition)
})

/** String.hashCode by its definition, with exact integers. */
function javaHash(text: string): number {
  let hash = 0n
  for (const unit of text.split('')) hash = BigInt.asIntN(32, hash * 31n + BigInt(unit.charCodeAt(0)))
  return Number(hash)
}
