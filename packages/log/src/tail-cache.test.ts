import { setBaseOffset } from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { expect, test } from 'vitest'
import { Arena, type FrameLease } from './arena.ts'
import { TailCache } from './tail-cache.ts'

const BATCH = buildBatch({ timestampMs: 0, records: [{ value: Buffer.from('v') }] })
const ALL = { maxBytes: 1_000_000, endOffset: 100, atLeastOne: true }

function fill({ slab, start }: FrameLease, offset: number): void {
  BATCH.copy(slab.bytes, start)
  setBaseOffset(slab.bytes, start, offset)
}

function push(cache: TailCache, lease: FrameLease, offset: number): void {
  fill(lease, offset)
  cache.push(lease.slab, lease.start, lease.end, offset, offset + 1)
  lease.slab.release()
}

test('a read goes over the entries of several slabs, and holds them until it is released', () => {
  const arena = new Arena({ slabBytes: BATCH.length, tailBytesMax: 2 * BATCH.length })
  const cache = new TailCache()
  push(cache, arena.reserve(BATCH.length), 0)
  push(cache, arena.reserve(BATCH.length), 1)
  const read = cache.read({ offset: 0, ...ALL })
  expect([read?.sizeBytes, read?.lastOffset, read?.buffers.length]).toEqual([2 * BATCH.length, 1, 2])
  arena.reserve(BATCH.length)
  expect(arena.liveBytes).toBe(3 * BATCH.length)
  read?.release?.()
  expect(arena.liveBytes).toBe(2 * BATCH.length)
  expect(cache.read({ offset: 0, ...ALL })).toBeNull()
})

test('a frame whose bytes came first but which was appended last ends before the others do', () => {
  const arena = new Arena({ slabBytes: BATCH.length, tailBytesMax: 2 * BATCH.length })
  const cache = new TailCache()
  const older = arena.reserve(BATCH.length)
  const younger = arena.reserve(BATCH.length)
  push(cache, younger, 0)
  push(cache, older, 1)
  expect(cache.read({ offset: 0, ...ALL })?.lastOffset).toBe(1)
  // `older` leaves the tail.
  push(cache, arena.reserve(BATCH.length), 2)
  const read = cache.read({ offset: 0, ...ALL })
  expect([read?.sizeBytes, read?.lastOffset]).toEqual([BATCH.length, 0])
  expect(cache.read({ offset: 1, ...ALL })).toBeNull()
  expect(cache.read({ offset: 2, ...ALL })?.lastOffset).toBe(2)
})
