import { describe, expect, it } from 'vitest'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import {
  append,
  batchOf,
  configOf,
  contentOf,
  DIRECTORY,
  openManager,
  readAll,
  readAny,
  readCold,
  TOPIC_ID,
} from './test-support/batches.ts'
import type { LogConfig } from './log-config.ts'
import { READ_BYTES_HELD_MAX } from './log-reader.ts'
import { LARGE_WRITE_BYTES } from './sync-write-limit.ts'
import type { LogManager } from './log-manager.ts'
import type { PartitionLog } from './partition-log.ts'
import type { FakeHost } from '@millrace/testkit/fake-host'

interface Bench {
  world: World
  host: FakeHost
  manager: LogManager
  log: PartitionLog
  run: (until: () => boolean) => void
}

function bench(changes: Partial<LogConfig> = {}): Bench {
  const world = new World({ seed: 1 })
  const host = world.addHost('broker')
  const run = (until: () => boolean): void => world.runUntil(until)
  const manager = openManager(host, createRecordingLogger(), run)
  const log = manager.create({ topic: 'orders', partition: 0, topicId: TOPIC_ID, config: configOf(changes) })
  return { world, host, manager, log, run }
}

const everything = { maxBytes: 1_000_000, endOffset: Number.MAX_SAFE_INTEGER, atLeastOne: true }

describe('append', () => {
  it('assigns offsets at once and moves the log end when the write has returned', () => {
    const { world, log } = bench()
    const first = append(log, batchOf(['a', 'b']))
    const second = append(log, batchOf(['c']))
    expect([log.nextOffset, log.logEndOffset, first.done]).toEqual([3, 0, false])
    world.runUntil(() => second.done)
    expect([log.logEndOffset, first.baseOffset, second.baseOffset]).toEqual([3, 0, 2])
  })

  it('writes a batch verbatim but for base offset and leader epoch', () => {
    const { world, host, log } = bench()
    const batch = batchOf(['a'])
    const rest = Buffer.from(batch.subarray(16))
    const result = append(log, batch, 7)
    world.runUntil(() => result.done)
    const file = Buffer.from(host.disk.readFile(`${DIRECTORY}/orders-0/00000000000000000000.log`))
    expect(file.subarray(16)).toEqual(rest)
    expect(file.readInt32BE(12)).toBe(7)
    expect(log.leaderEpochs.entries).toEqual([{ epoch: 7, startOffset: 0 }])
  })

  it('stamps the append time where the topic says so', () => {
    const { world, host, log, run } = bench({ messageTimestampType: 'LogAppendTime' })
    const now = host.clock.nowMs()
    const result = append(log, batchOf(['a'], { timestampMs: 5 }))
    world.runUntil(() => result.done)
    expect(result.logAppendTimeMs).toBe(now)
    expect(contentOf(readAny(log, { ...everything, offset: 0 }, run))).toEqual(['0:a'])
  })

  it('goes through the thread pool above 64 KiB and keeps the order', () => {
    const { world, log, run } = bench()
    const large = append(log, batchOf(['x'.repeat(100_000)]))
    const small = append(log, batchOf(['y']))
    world.runUntil(() => large.done)
    world.runUntil(() => small.done)
    expect(readAll(log, run).map((each) => each.slice(0, 3))).toEqual(['0:x', '1:y'])
  })

  it('refuses what does not continue the log or is damaged when it follows', () => {
    const { log } = bench()
    const errors: unknown[] = []
    const follow = (batch: Buffer): void =>
      log.appendAsFollower(null, batch, 0, batch.length, (error) => errors.push(error))
    const damaged = batchOf(['a'], { leaderEpoch: 0 })
    damaged[65] = (damaged[65] ?? 0) ^ 1
    follow(damaged)
    follow(batchOf(['a']).subarray(0, 65))
    log.truncateFullyAndStartAt(10)
    follow(batchOf(['a'], { baseOffset: 9 }))
    expect(errors).toMatchObject([{ reason: 'corrupt' }, { reason: 'corrupt' }, { reason: 'unexpected-offset' }])
    expect(log.nextOffset).toBe(10)
  })

  it('takes several batches from the leader, verbatim', () => {
    const { world, log, run } = bench()
    const bytes = Buffer.concat([
      batchOf(['a', 'b'], { baseOffset: 0, leaderEpoch: 1 }),
      batchOf(['c'], { baseOffset: 5, leaderEpoch: 2 }),
    ])
    let done = false
    log.appendAsFollower(null, bytes, 0, bytes.length, (error) => {
      expect(error).toBeNull()
      done = true
    })
    bytes.fill(0)
    world.runUntil(() => done)
    expect(readAll(log, run)).toEqual(['0:a', '1:b', '5:c'])
    expect(log.leaderEpochs.entries).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 2, startOffset: 5 },
    ])
  })
})

describe('roll', () => {
  it('starts a segment when the next batch would pass segment.bytes', () => {
    const { world, log, run } = bench({ segmentBytes: 200 })
    for (const value of ['a', 'b', 'c', 'd', 'e']) append(log, batchOf([value]))
    const last = append(log, batchOf(['f']))
    world.runUntil(() => last.done)
    expect(log.segments.all.map((segment) => segment.baseOffset)).toEqual([0, 2, 4])
    expect(readAll(log, run)).toEqual(['0:a', '1:b', '2:c', '3:d', '4:e', '5:f'])
  })

  it('starts a segment when the batch is segment.ms younger than the first one', () => {
    const { world, log } = bench({ segmentMs: 1_000 })
    append(log, batchOf(['a'], { timestampMs: 5_000 }))
    append(log, batchOf(['b'], { timestampMs: 6_000 }))
    const last = append(log, batchOf(['c'], { timestampMs: 6_001 }))
    world.runUntil(() => last.done)
    expect(log.segments.all.map((segment) => segment.baseOffset)).toEqual([0, 2])
  })

  it('flushes the rolled segment in the background with its index files and producer snapshot', () => {
    const { world, host, log } = bench({ segmentBytes: 5_000, indexIntervalBytes: 500 })
    for (let i = 0; i < 100; i++)
      append(log, batchOf(['v'.repeat(100)], { producerId: 1000, producerEpoch: 0, baseSequence: i }))
    world.advance(1_000)
    const second = log.segments.all[1]
    expect(second).toBeDefined()
    expect(log.recoveryPoint).toBe(log.segments.active.baseOffset)
    const path = `${DIRECTORY}/orders-0/${String(second?.baseOffset).padStart(20, '0')}`
    expect(host.disk.exists(`${path}.snapshot`)).toBe(true)
    const index = host.disk.readFile(`${DIRECTORY}/orders-0/00000000000000000000.index`)
    expect(index.length).toBeGreaterThan(0)
    expect(index.length % 8).toBe(0)
  })
})

describe('read', () => {
  it('returns whole batches within maxBytes and below endOffset', () => {
    const { world, log, run } = bench()
    const batches = ['a', 'b', 'c'].map((value) => batchOf([value, value]))
    const results = batches.map((batch) => append(log, batch))
    world.runUntil(() => results.every((result) => result.done))
    const size = batches[0]?.length ?? 0
    const read = (offset: number, maxBytes: number, endOffset: number, atLeastOne = false): string[] =>
      contentOf(readAny(log, { offset, maxBytes, endOffset, atLeastOne }, run))
    expect(read(1, 2 * size, 6)).toEqual(['0:a', '1:a', '2:b', '3:b'])
    expect(read(2, size * 9, 4)).toEqual(['2:b', '3:b'])
    expect(read(2, size - 1, 6)).toEqual([])
    expect(read(2, size - 1, 6, true)).toEqual(['2:b', '3:b'])
    expect(read(6, size, 9)).toEqual([])
  })

  it('gives the same from the tail, from the file, and through the thread pool', () => {
    const { world, log, run } = bench({ indexIntervalBytes: 300, segmentBytes: 20_000 })
    for (let i = 0; i < 500; i++) append(log, batchOf([`${i}`, `${i}`], { timestampMs: i }))
    world.advance(100)
    for (const offset of [0, 1, 499, 500, 700, 998, 999]) {
      const request = { offset, maxBytes: 700, endOffset: 1_000, atLeastOne: true }
      const cold = contentOf(readCold(log, request, run))
      expect(cold[0]?.startsWith(`${offset - (offset % 2)}:`)).toBe(true)
      const hot = contentOf(readAny(log, request, run))
      expect(hot.slice(0, cold.length)).toEqual(cold)
    }
  })

  it('finds a batch that is larger than the read', () => {
    const { world, log, run } = bench()
    append(log, batchOf(['a']))
    const large = append(log, batchOf(['x'.repeat(150_000)]))
    const last = append(log, batchOf(['z']))
    world.runUntil(() => large.done && last.done)
    const request = { offset: 1, maxBytes: 100, endOffset: 3, atLeastOne: true }
    expect(contentOf(readCold(log, request, run))[0]?.length).toBe(150_002)
  })
})

describe('read, of a segment with a flipped bit', () => {
  const recordsOf = (first: number, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${first + index}:${'v'.repeat(50)}`)

  /** Ten batches of two records in each of four segments; one bit of the payload of batch `index` of the first is wrong. */
  function flipped(index: number): Bench & { readonly path: string; readonly position: number } {
    const opened = bench()
    const { log, host, run } = opened
    let position = -1
    for (let segment = 0; segment < 4; segment++) {
      for (let at = 0; at < 10; at++) {
        if (segment === 0 && at === index) position = log.sizeBytes
        const result = append(log, batchOf(['v'.repeat(50), 'v'.repeat(50)]))
        run(() => result.done)
      }
      if (segment < 3) log.roll()
    }
    const { path } = log.segments.first.log
    const bytes = Buffer.from(host.disk.readFile(path))
    host.disk.corrupt(path, position + 80, Buffer.from([(bytes[position + 80] as number) ^ 0x10]))
    return { ...opened, path, position }
  }

  it('serves what comes before, then tells file and position, and goes on behind', () => {
    const { log, run, manager, path, position } = flipped(3)
    expect(contentOf(readCold(log, { ...everything, offset: 0 }, run))).toEqual(recordsOf(0, 6))
    expect(() => readCold(log, { ...everything, offset: 6 }, run)).toThrow(
      `${path} is corrupt at position ${position}: checksum does not match`,
    )
    expect(contentOf(readCold(log, { ...everything, offset: 8 }, run))).toEqual(recordsOf(8, 12))
    expect(log.offline).toBeNull()
    expect(() => readCold(log, { ...everything, offset: 7 }, run)).toThrow('is corrupt')
    expect(manager.corruptBatches).toBe(1)
  })

  it('refuses a size that cannot be instead of believing it', () => {
    const { log, host, run, path, position } = flipped(3)
    host.disk.corrupt(path, position + 8, Buffer.from([0x7f]))
    expect(() => readCold(log, { ...everything, offset: 8 }, run)).toThrow('batch size cannot be')
  })
})

describe('read, while answers hold more file reads than they may', () => {
  it('gives every answer its first batch and nothing more, until some are released', () => {
    const { world, log, run } = bench()
    const appended = append(log, batchOf(['x'.repeat(1_000_000)]))
    world.runUntil(() => appended.done)
    const request = { offset: 0, maxBytes: 1_100_000, endOffset: 1, atLeastOne: true }
    const more = { ...request, atLeastOne: false }
    const held = Array.from({ length: READ_BYTES_HELD_MAX / 1_000_000 + 10 }, () => readCold(log, request, run))
    expect(held.every(({ sizeBytes }) => sizeBytes > 1_000_000)).toBe(true)
    expect(readCold(log, more, run).sizeBytes).toBe(0)
    expect(readCold(log, request, run).sizeBytes).toBeGreaterThan(1_000_000)
    for (const { release } of held) release?.()
    expect(readCold(log, more, run).sizeBytes).toBeGreaterThan(1_000_000)
  })
})

describe('truncation', () => {
  it('at the log end removes the epoch of a leader that wrote nothing', () => {
    const { world, log } = bench()
    const appended = append(log, batchOf(['a', 'b']), 3)
    world.runUntil(() => appended.done)
    log.leaderEpochs.assign(4, log.nextOffset)
    log.truncateTo(2)
    expect(log.leaderEpochs.entries).toEqual([{ epoch: 3, startOffset: 0 }])
    expect(log.logEndOffset).toBe(2)
  })

  it('removes records from the offset on, in memory and on disk, and goes on there', () => {
    const { world, log, run } = bench({ segmentBytes: 300, indexIntervalBytes: 0 })
    for (let i = 0; i < 20; i++) append(log, batchOf([`${i}`]), i < 10 ? 1 : 2)
    world.advance(100)
    log.truncateTo(7)
    expect([log.logEndOffset, log.nextOffset]).toEqual([7, 7])
    expect(log.leaderEpochs.entries).toEqual([{ epoch: 1, startOffset: 0 }])
    const again = append(log, batchOf(['new']), 3)
    world.runUntil(() => again.done)
    expect(readAll(log, run)).toEqual(['0:0', '1:1', '2:2', '3:3', '4:4', '5:5', '6:6', '7:new'])
  })

  it('removes a batch that the offset lies inside of', () => {
    const { world, log, run } = bench()
    append(log, batchOf(['a', 'b']))
    append(log, batchOf(['c', 'd']))
    world.advance(10)
    log.truncateTo(3)
    expect(log.logEndOffset).toBe(2)
    expect(readAll(log, run)).toEqual(['0:a', '1:b'])
  })

  it('fails appends that are queued or under way, and what they wrote does not come back', () => {
    const { world, host, log, run } = bench()
    const kept = append(log, batchOf(['kept']))
    world.runUntil(() => kept.done)
    host.disk.latencyMs = [5, 6]
    const underWay = append(log, batchOf(['x'.repeat(LARGE_WRITE_BYTES)]))
    world.advance(1)
    const queued = append(log, batchOf(['queued']))
    log.truncateTo(1)
    expect([underWay.error, queued.error]).toMatchObject([{ reason: 'truncated' }, { reason: 'truncated' }])
    const after = append(log, batchOf(['after']))
    world.runUntil(() => after.done)
    expect(readAll(log, run)).toEqual(['0:kept', '1:after'])
    expect(host.disk.status(`${DIRECTORY}/orders-0/00000000000000000000.log`).sizeBytes).toBe(log.sizeBytes)
  })

  it('starts afresh at any offset', () => {
    const { world, log, run } = bench()
    append(log, batchOf(['a']), 4)
    world.advance(10)
    log.truncateFullyAndStartAt(100)
    expect([log.logStartOffset, log.logEndOffset, log.leaderEpochs.latest]).toEqual([100, 100, -1])
    const result = append(log, batchOf(['b']), 5)
    world.runUntil(() => result.done)
    expect(readAll(log, run)).toEqual(['100:b'])
  })
})

describe('a failing disk', () => {
  it('fails the append and everything behind it, keeps what was acknowledged, and says path and errno', () => {
    const { world, host, log, run } = bench()
    const kept = append(log, batchOf(['kept']))
    world.runUntil(() => kept.done)
    host.disk.bytesUntilFull = 40
    const failed = append(log, batchOf(['lost']))
    const behind = append(log, batchOf(['behind']))
    world.runUntil(() => failed.done && behind.done)
    expect(failed.error?.message).toContain('orders-0/00000000000000000000.log')
    expect(behind.error).not.toBeNull()
    expect(log.offline).not.toBeNull()
    expect(log.logEndOffset).toBe(1)
    expect(readAll(log, run)).toEqual(['0:kept'])
    const size = host.disk.status(`${DIRECTORY}/orders-0/00000000000000000000.log`).sizeBytes
    expect(size).toBe(log.sizeBytes)
    expect(append(log, batchOf(['later'])).error).toBe(log.offline)
  })

  it('names ENOSPC for an asynchronous write too', () => {
    const { world, host, log } = bench()
    host.disk.bytesUntilFull = 0
    const failed = append(log, batchOf(['x'.repeat(100_000)]))
    world.runUntil(() => failed.done)
    expect(failed.error?.message).toContain('ENOSPC')
    expect(log.nextOffset).toBe(0)
  })

  it('goes offline when a flush fails, and does not acknowledge what waited for it', () => {
    const { world, host, log } = bench({ flushMessages: 1 })
    host.disk.fail({ path: 'orders-0', operations: ['sync'] })
    const failed = append(log, batchOf(['a']))
    world.runUntil(() => failed.done)
    expect(failed.error).not.toBeNull()
    expect(log.offline).not.toBeNull()
  })
})

describe('flush', () => {
  it('acknowledges only after the fsync where flush.messages asks for it', () => {
    const { world, host, log } = bench({ flushMessages: 1 })
    const result = append(log, batchOf(['a']))
    host.disk.hang()
    world.advance(5)
    expect([log.logEndOffset, result.done]).toEqual([1, false])
    host.disk.release()
    world.runUntil(() => result.done)
    expect(log.recoveryPoint).toBe(1)
  })

  it('counts records for flush.messages: those before the last are acknowledged without it', () => {
    const { world, host, log } = bench({ flushMessages: 3 })
    host.disk.hang()
    const [first, second] = [append(log, batchOf(['a'])), append(log, batchOf(['b']))]
    world.advance(5)
    expect([first.done, second.done]).toEqual([true, true])
    const third = append(log, batchOf(['c']))
    world.advance(5)
    expect([third.done, log.recoveryPoint]).toEqual([false, 0])
    host.disk.release()
    world.runUntil(() => third.done)
    expect(log.recoveryPoint).toBe(3)
  })
})

describe('lookup by timestamp', () => {
  it('finds the first record at or after a time, across segments and inside batches', () => {
    const { world, log } = bench({ segmentBytes: 400, indexIntervalBytes: 0 })
    for (let i = 0; i < 30; i++) append(log, batchOf([`${i}`], { timestampMs: 1_000 + i * 10 }), 3)
    world.advance(100)
    const find = (timestampMs: number): unknown => {
      let result: unknown
      let done = false
      log.offsetForTimestamp(timestampMs, (error, found) => {
        result = error ?? found
        done = true
      })
      world.runUntil(() => done)
      return result
    }
    expect(find(0)).toEqual({ offset: 0, timestamp: 1_000, leaderEpoch: 3 })
    expect(find(1_041)).toEqual({ offset: 5, timestamp: 1_050, leaderEpoch: 3 })
    expect(find(1_290)).toEqual({ offset: 29, timestamp: 1_290, leaderEpoch: 3 })
    expect(find(1_291)).toBeNull()
    log.advanceLogStart(20)
    expect(find(0)).toEqual({ offset: 20, timestamp: 1_200, leaderEpoch: 3 })
  })

  it('finds the earliest record with the greatest timestamp', () => {
    const { world, log } = bench()
    for (const timestampMs of [5, 90, 7, 90, 3]) append(log, batchOf(['v'], { timestampMs }))
    world.advance(10)
    let result: unknown
    log.maxTimestampOffset((_error, found) => {
      result = found
    })
    world.advance(10)
    expect(result).toEqual({ offset: 1, timestamp: 90, leaderEpoch: 0 })
  })
})
