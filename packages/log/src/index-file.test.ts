import { describe, expect, it } from 'vitest'
import { World } from '@millrace/testkit/world'
import { DescriptorLru } from './descriptor-lru.ts'
import { doWithoutIndex, loadIndex, loadIndexSync, persistIndexSync, unloadIndex } from './index-file.ts'
import { OffsetIndex } from './offset-index.ts'
import { SegmentFile, type FileAccess } from './segment-file.ts'
import { TimeIndex } from './time-index.ts'

const BASE = 100
const TIMESTAMP = 1_730_000_000_000

function createIndexes(entries: number) {
  const world = new World({ seed: 1 })
  const { disk } = world.addHost('broker-1')
  const access: FileAccess = { disk, descriptors: new DescriptorLru({ disk, limit: 8 }) }
  disk.makeDirectory('/log')
  const offsets = new OffsetIndex(BASE, SegmentFile.at(access, '/log/a.index'))
  const times = new TimeIndex(BASE, SegmentFile.at(access, '/log/a.timeindex'))
  for (const { file } of [offsets, times]) file.create()
  for (let number = 0; number < entries; number++) {
    offsets.append(BASE + 10 * number, 1_000 * number)
    times.maybeAppend(TIMESTAMP + number, BASE + 10 * number)
  }
  return { world, access, offsets, times }
}

describe.each([
  ['offset', (made: ReturnType<typeof createIndexes>) => made.offsets],
  ['time', (made: ReturnType<typeof createIndexes>) => made.times],
])('the file of an %s index', (_kind, indexOf) => {
  it('has every entry once, whenever it is persisted', () => {
    const made = createIndexes(3)
    const index = indexOf(made)
    persistIndexSync(index)
    persistIndexSync(index)
    made.offsets.append(BASE + 30, 3_000)
    made.times.maybeAppend(TIMESTAMP + 3, BASE + 30)
    persistIndexSync(index)
    expect(index.file.sizeBytes).toBe(4 * index.entryBytes)
    expect(index.isSane()).toBe(true)
  })

  it('gives the memory back only when it has all, and what it gave when it is asked', () => {
    const made = createIndexes(200)
    const index = indexOf(made)
    unloadIndex(index)
    expect(index.isLoaded).toBe(true)
    persistIndexSync(index)
    unloadIndex(index)
    expect([index.isLoaded, index.memoryBytes]).toEqual([false, 0])
    const failures: (Error | null)[] = []
    loadIndex(index, (error) => failures.push(error))
    made.world.advance(10)
    expect([failures, index.isLoaded, index.entryCount]).toEqual([[null], true, 200])
    expect([made.offsets.lookup(BASE + 1_995), made.times.lookup(TIMESTAMP + 150)]).toEqual([199_000, BASE + 1_500])
  })

  it('that cannot be read is done without', () => {
    const index = indexOf(createIndexes(5))
    persistIndexSync(index)
    unloadIndex(index)
    doWithoutIndex(index)
    loadIndexSync(index)
    expect([index.entryCount, index.file.exists]).toEqual([0, false])
  })
})

it('an index found on disk is loaded before it is asked', () => {
  const { access, offsets } = createIndexes(3)
  persistIndexSync(offsets)
  offsets.file.close()
  const found = new OffsetIndex(BASE, SegmentFile.at(access, '/log/a.index'))
  expect(() => found.lookup(BASE)).toThrow('the offset index is loaded')
  loadIndexSync(found)
  expect(found.lookup(BASE + 15)).toBe(1_000)
})
