import { describe, expect, it } from 'vitest'
import { append, batchOf, configOf, contentOf, openManager, TOPIC_ID } from './test-support/batches.ts'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import { Arena } from './arena.ts'

describe('Arena', () => {
  it('hands out consecutive bytes of one slab and starts another when it is full', () => {
    const arena = new Arena({ slabBytes: 100, tailBytesMax: 200 })
    const [first, second, third] = [arena.reserve(40), arena.reserve(60), arena.reserve(1)]
    expect([first.start, first.end, second.start, second.end]).toEqual([0, 40, 40, 100])
    expect(second.slab).toBe(first.slab)
    expect(third.slab).not.toBe(first.slab)
  })

  it('keeps the youngest slabs alive as the tail and recycles the oldest when nobody refers to it', () => {
    const arena = new Arena({ slabBytes: 100, tailBytesMax: 200 })
    const leases = [arena.reserve(100), arena.reserve(100), arena.reserve(100)]
    const oldest = leases[0]?.slab
    expect([oldest?.inTail, oldest?.bytes.length]).toEqual([false, 100])
    oldest?.release()
    expect(oldest?.bytes.length).toBe(0)
    expect(arena.liveBytes).toBe(200)
    for (const lease of leases.slice(1)) lease.slab.release()
    expect(leases[2]?.slab.bytes.length).toBe(100)
  })

  it('gives a frame larger than a slab an allocation of its own, outside the tail', () => {
    const arena = new Arena({ slabBytes: 100, tailBytesMax: 200 })
    const { slab, start, end } = arena.reserve(150)
    expect([slab.inTail, start, end, arena.liveBytes]).toEqual([false, 0, 150, 150])
    slab.release()
    expect(arena.liveBytes).toBe(0)
  })

  it('poisons released bytes, so that a view kept too long is seen', () => {
    const arena = new Arena({ slabBytes: 100, tailBytesMax: 100, poison: true })
    const { slab, start, end } = arena.reserve(100)
    const kept = slab.bytes.subarray(start, end).fill(1)
    slab.release()
    arena.reserve(100)
    expect([...new Set(kept)]).toEqual([0xdb])
  })

  it('without a tail, uses the same bytes again once nobody refers to them, poisoned', () => {
    const arena = new Arena({ slabBytes: 100, tailBytesMax: 0, poison: true })
    const [first, second] = [arena.reserve(30), arena.reserve(30)]
    first.slab.bytes.fill(1)
    first.slab.release()
    expect(arena.reserve(10).start).toBe(60)
    for (const { slab } of [second, second]) slab.release()
    const again = arena.reserve(20)
    expect([again.start, again.end, again.slab === first.slab]).toEqual([0, 20, true])
    expect([...new Set(again.slab.bytes.subarray(0, 70))]).toEqual([0xdb])
  })

  it('gives up a tail that nobody reads and keeps it again from the next slab on once somebody does', () => {
    const arena = new Arena({ slabBytes: 100, tailBytesMax: 200 })
    const fill = (): boolean => {
      const { slab } = arena.reserve(100)
      const { inTail } = slab
      slab.release()
      return inTail
    }
    expect([fill(), fill(), fill(), fill()]).toEqual([true, true, true, true])
    expect([fill(), arena.liveBytes]).toEqual([false, 100])
    expect([fill(), arena.liveBytes]).toEqual([false, 100])
    arena.tailRead()
    expect([fill(), fill(), arena.liveBytes]).toEqual([true, true, 200])
    expect([fill(), fill()]).toEqual([true, true])
    arena.tailRead()
    expect([fill(), fill(), fill(), fill(), fill()]).toEqual([true, true, true, true, false])
  })

  it('refuses to release a slab twice and to retain a recycled one', () => {
    const arena = new Arena({ slabBytes: 100, tailBytesMax: 100 })
    const { slab } = arena.reserve(150)
    slab.release()
    expect(() => slab.release()).toThrow('released more often')
    expect(() => slab.retain()).toThrow('recycled')
  })

  it('takes back the unused end of the latest lease only', () => {
    const arena = new Arena({ slabBytes: 100, tailBytesMax: 100 })
    const first = arena.reserve(50)
    const second = arena.reserve(50)
    expect([arena.shrink(first, 10), arena.shrink(second, 60)]).toEqual([false, true])
    expect(arena.reserve(30).start).toBe(60)
  })
})

describe('reads from the tail', () => {
  it('stay valid until released, however much is appended meanwhile, and are caught when used after', () => {
    const world = new World({ seed: 1 })
    const host = world.addHost('broker')
    const arena = new Arena({ slabBytes: 4_096, tailBytesMax: 8_192, poison: true })
    const manager = openManager(host, createRecordingLogger(), (until) => world.runUntil(until), { arena })
    const log = manager.create({ topic: 'orders', partition: 0, topicId: TOPIC_ID, config: configOf() })
    append(log, batchOf(['first']))
    world.advance(1)
    const read = log.read({ offset: 0, maxBytes: 1_000, endOffset: 1, atLeastOne: true })
    for (let i = 0; i < 300; i++) {
      append(log, batchOf(['x'.repeat(100)]))
      if (i % 50 > 0) continue
      world.advance(1)
      log
        .read({ offset: log.logEndOffset - 1, maxBytes: 1, endOffset: log.logEndOffset, atLeastOne: true })
        ?.release?.()
    }
    world.advance(1)
    expect(arena.liveBytes).toBe(3 * 4_096)
    const stale = read?.buffers[0] ?? Buffer.alloc(0)
    expect(read === null ? [] : contentOf(read)).toEqual(['0:first'])
    expect(arena.liveBytes).toBe(2 * 4_096)
    expect([...new Set(stale)]).toEqual([0xdb])
  })
})
