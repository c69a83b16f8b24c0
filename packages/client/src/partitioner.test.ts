import { expect, test } from 'vitest'
import { murmur2, partitionForKey } from './partitioner.ts'

test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of "%s" is what Java clients compute', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash)
})

test('a key stays in its partition, and keys spread over all', () => {
  const counts = Array.from({ length: 7 }, () => 0)
  for (let index = 0; index < 1400; index++) {
    const key = Buffer.from(`key-${index}`)
    const partition = partitionForKey(key, 7)
    expect(partitionForKey(key, 7)).toBe(partition)
    ;(counts[partition] as number)++
  }
  for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(60)
})
