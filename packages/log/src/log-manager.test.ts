import { describe, expect, it } from 'vitest'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import { crc32c } from '@millrace/protocol/crc32c'
import type { LogConfig } from './log-config.ts'
import type { LogManager } from './log-manager.ts'
import { PartitionLog } from './partition-log.ts'
import { decideRetention } from './retention.ts'
import { append, batchOf, configOf, DIRECTORY, openManager, readAll, TOPIC_ID } from './test-support/batches.ts'

const PARTITION = `${DIRECTORY}/orders-0`

class Bench {
  readonly world: World = new World({ seed: 1 })
  readonly host: FakeHost = this.world.addHost('broker')
  readonly logger = createRecordingLogger()
  readonly run = (until: () => boolean): void => this.world.runUntil(until)

  open(defaults: Partial<LogConfig> = {}): LogManager {
    return openManager(this.host, this.logger, this.run, { defaults: configOf(defaults) })
  }

  create(manager: LogManager, config: Partial<LogConfig> = {}, topic = 'orders'): PartitionLog {
    return manager.create({ topic, partition: 0, topicId: TOPIC_ID, config: configOf(config) })
  }

  fill(log: PartitionLog, count: number, timestampMs?: (index: number) => number): void {
    for (let i = 0; i < count; i++)
      append(log, batchOf([`v${i}`], { timestampMs: timestampMs?.(i) ?? this.host.clock.nowMs() }))
    this.world.advance(50)
  }

  close(manager: LogManager): void {
    let closed = false
    manager.close({ brokerEpoch: 9 }, (error) => {
      expect(error).toBeNull()
      closed = true
    })
    this.run(() => closed)
    this.host.restart()
  }

  crash(): void {
    this.host.crashProcess()
    this.host.restart()
  }

  file(name: string): Buffer {
    return Buffer.from(this.host.disk.readFile(`${PARTITION}/${name}`))
  }
}

describe('flush.ms', () => {
  it('makes what was written durable when so long has passed since the last flush, and not before', () => {
    const bench = new Bench()
    const manager = bench.open()
    const log = bench.create(manager, { flushMs: 20_000 })
    const never = bench.create(manager, {}, 'never')
    bench.fill(log, 2)
    bench.fill(never, 2)
    bench.world.advance(15_000)
    expect(log.recoveryPoint).toBe(0)
    bench.world.advance(10_000)
    expect([log.recoveryPoint, never.recoveryPoint]).toEqual([2, 0])
    bench.host.crashMachine()
    bench.host.restart()
    const again = bench.open()
    const left = (topic: string): number | undefined => again.get(topic, 0)?.logEndOffset
    expect(left('orders')).toBe(2)
  })
})

describe('the log directory', () => {
  it('keeps its id, tells the epoch of a clean stop once, and -1 after a crash', () => {
    const bench = new Bench()
    const first = bench.open()
    bench.close(first)
    expect(Buffer.from(bench.host.disk.readFile(`${DIRECTORY}/.kafka_cleanshutdown`)).toString()).toBe(
      '{"version":0,"brokerEpoch":9}',
    )
    const second = bench.open()
    expect([second.directoryId, second.previousBrokerEpoch]).toEqual([first.directoryId, 9])
    bench.crash()
    expect(bench.open().previousBrokerEpoch).toBe(-1)
  })

  it('refuses to serve another cluster, another node, or partitions without meta.properties', () => {
    const bench = new Bench()
    bench.create(bench.open())
    bench.crash()
    const path = `${DIRECTORY}/meta.properties`
    const content = Buffer.from(bench.host.disk.readFile(path)).toString()
    const write = (text: string): void => bench.host.disk.writeFileAtomic(path, Buffer.from(text))
    write(content.replace('cluster-1', 'other'))
    expect(() => bench.open()).toThrow('belongs to cluster other')
    write(content.replace('node.id=1', 'node.id=2'))
    expect(() => bench.open()).toThrow('belongs to node 2')
    bench.host.disk.removeFile(path)
    expect(() => bench.open()).toThrow('not formatted')
  })

  it('does not say clean when a log went offline', () => {
    const bench = new Bench()
    const manager = bench.open()
    const log = bench.create(manager)
    bench.host.disk.bytesUntilFull = 10
    bench.fill(log, 1)
    bench.host.disk.bytesUntilFull = null
    let failure: Error | null = null
    manager.close({ brokerEpoch: 9 }, (error) => {
      failure = error
    })
    bench.run(() => failure !== null)
    expect(bench.host.disk.exists(`${DIRECTORY}/.kafka_cleanshutdown`)).toBe(false)
  })

  it('skips the metadata log, sets aside what has no topic id, and finishes deletions', () => {
    const bench = new Bench()
    const manager = bench.open()
    bench.create(manager)
    bench.create(manager, { fileDeleteDelayMs: 60_000 }, 'gone')
    manager.remove('gone', 0)
    bench.host.disk.makeDirectory(`${DIRECTORY}/__cluster_metadata-0`)
    bench.host.disk.makeDirectory(`${DIRECTORY}/lost-3`)
    bench.crash()
    const again = bench.open()
    expect([...again.all()].map((log) => log.topic)).toEqual(['orders'])
    const names = bench.host.disk.list(DIRECTORY)
    expect(names.some((name) => /^lost-3\.[0-9a-f]{32}-stray$/.test(name))).toBe(true)
    expect(names.some((name) => name.endsWith('-delete'))).toBe(true)
    bench.world.advance(61_000)
    expect(bench.host.disk.list(DIRECTORY).some((name) => name.endsWith('-delete'))).toBe(false)
  })

  it('lets a topic of the same name be created while the old one waits to be deleted', () => {
    const bench = new Bench()
    const manager = bench.open()
    bench.fill(bench.create(manager), 3)
    manager.remove('orders', 0)
    expect(manager.get('orders', 0)).toBeUndefined()
    const log = bench.create(manager)
    expect(log.logEndOffset).toBe(0)
    bench.fill(log, 1)
    bench.world.advance(61_000)
    expect(readAll(log, bench.run)).toEqual(['0:v0'])
  })

  it('checkpoints high watermarks every 5 s and gives them back within the log', () => {
    const bench = new Bench()
    const manager = bench.open()
    const log = bench.create(manager)
    bench.fill(log, 10)
    log.highWatermark = 7
    bench.world.advance(5_001)
    expect(Buffer.from(bench.host.disk.readFile(`${DIRECTORY}/replication-offset-checkpoint`)).toString()).toBe(
      '0\n1\norders 0 7\n',
    )
    bench.crash()
    expect(bench.open().highWatermark('orders', 0)).toBe(7)
  })

  it('remembers a log start inside a segment', () => {
    const bench = new Bench()
    const manager = bench.open()
    const log = bench.create(manager)
    bench.fill(log, 10)
    log.advanceLogStart(4)
    bench.close(manager)
    const again = bench.open().get('orders', 0)
    expect([again?.logStartOffset, again?.logEndOffset]).toEqual([4, 10])
  })

  it('remembers it after kill -9 too', () => {
    const bench = new Bench()
    const log = bench.create(bench.open())
    bench.fill(log, 10)
    log.advanceLogStart(4)
    bench.world.advance(100)
    bench.crash()
    expect(bench.open().get('orders', 0)?.logStartOffset).toBe(4)
  })
})

describe('recovery', () => {
  function filled(bench: Bench): PartitionLog {
    const log = bench.create(bench.open(), { segmentBytes: 1_000, indexIntervalBytes: 100 })
    bench.fill(log, 40)
    expect(log.segments.all.length).toBeGreaterThan(2)
    return log
  }

  it('cuts garbage behind the last batch', () => {
    const bench = new Bench()
    const log = filled(bench)
    const path = log.segments.active.log.path
    const size = log.segments.active.log.sizeBytes
    bench.crash()
    bench.host.disk.corrupt(path, size, Buffer.alloc(300, 0xab))
    const again = bench.open().get('orders', 0)
    expect(again?.logEndOffset).toBe(40)
    expect(bench.host.disk.status(path).sizeBytes).toBe(size)
  })

  it('cuts at a damaged batch and removes the segments behind it', () => {
    const bench = new Bench()
    const log = filled(bench)
    const second = log.segments.all[1]
    bench.crash()
    bench.host.disk.removeFile(`${DIRECTORY}/recovery-point-offset-checkpoint`)
    bench.host.disk.corrupt(second?.log.path ?? '', 100, Buffer.from([0xff, 0xff]))
    const again = bench.open().get('orders', 0)
    expect(again?.logEndOffset).toBe((second?.baseOffset ?? 0) + 1)
    expect(bench.host.disk.list(PARTITION).filter((name) => name.endsWith('.log')).length).toBe(2)
    expect(bench.logger.lines.some((line) => line.message.includes('first invalid batch'))).toBe(true)
  })

  it('takes a clean stop at its word and reads no segment but the last', () => {
    const bench = new Bench()
    const manager = bench.open()
    const log = bench.create(manager, { segmentBytes: 1_000 })
    bench.fill(log, 40)
    const first = log.segments.first.log.path
    bench.close(manager)
    bench.host.disk.corrupt(first, 70, Buffer.from([1]))
    const again = bench.open({ segmentBytes: 1_000 }).get('orders', 0)
    expect([again?.logEndOffset, again?.recoveryPoint]).toEqual([40, 40])
    expect(bench.host.disk.status(first).sizeBytes).toBe(log.segments.first.plannedBytes)
  })

  it('rebuilds an index that is missing or no whole number of entries, though the stop was clean', () => {
    const bench = new Bench()
    const manager = bench.open({ indexIntervalBytes: 100 })
    const log = bench.create(manager, { segmentBytes: 1_000, indexIntervalBytes: 100 })
    bench.fill(log, 40)
    bench.close(manager)
    const whole = bench.file('00000000000000000000.index')
    const time = bench.file('00000000000000000000.timeindex')
    bench.host.disk.removeFile(`${PARTITION}/00000000000000000000.index`)
    bench.host.disk.corrupt(`${PARTITION}/00000000000000000000.timeindex`, time.length, Buffer.from([1]))
    const again = bench.open({ indexIntervalBytes: 100 })
    bench.world.advance(50)
    expect(bench.file('00000000000000000000.index')).toEqual(whole)
    expect(bench.file('00000000000000000000.timeindex')).toEqual(time)
    expect(readAll(again.get('orders', 0) as PartitionLog, bench.run).length).toBe(40)
  })

  it('falls back to an older producer snapshot when the newest is corrupt', () => {
    const bench = new Bench()
    const manager = bench.open()
    const log = bench.create(manager, { segmentBytes: 1_000 })
    for (let i = 0; i < 40; i++) {
      append(
        log,
        batchOf(['v'], { producerId: 5, producerEpoch: 0, baseSequence: i, timestampMs: bench.host.clock.nowMs() }),
      )
    }
    bench.world.advance(50)
    bench.close(manager)
    bench.host.disk.corrupt(`${PARTITION}/00000000000000000040.snapshot`, 15, Buffer.from([9]))
    const again = bench.open().get('orders', 0)
    expect(again?.producers.get(5)?.batches.at(-1)?.lastSequence).toBe(39)
  })

  it('finishes a cleaning whose new files were complete and throws away one that was not', () => {
    const bench = new Bench()
    const log = filled(bench)
    const first = log.segments.first
    const end = log.segments.all[1]?.baseOffset ?? 0
    bench.crash()
    const { disk } = bench.host
    const cleaned = batchOf(['kept'], { baseOffset: end - 1, leaderEpoch: 0 })
    disk.writeFileAtomic(`${first.log.path}.swap`, cleaned)
    disk.writeFileAtomic(`${PARTITION}/00000000000000000099.log.cleaned`, Buffer.from('half'))
    disk.writeFileAtomic(`${PARTITION}/00000000000000000050.log.deleted`, Buffer.from('old'))
    const again = bench.open().get('orders', 0) as PartitionLog
    expect(disk.list(PARTITION).some((name) => /cleaned|deleted|swap/.test(name))).toBe(false)
    expect(readAll(again, bench.run, 0)[0]).toBe(`${end - 1}:kept`)
    expect(again.logEndOffset).toBe(40)
  })
})

describe('retention', () => {
  it('deletes by time what is wholly below the high watermark, and moves the log start', () => {
    const bench = new Bench()
    const manager = bench.open()
    const log = bench.create(manager, { segmentBytes: 210, retentionMs: 10_000, fileDeleteDelayMs: 1_000 })
    bench.fill(log, 9)
    bench.world.advance(11_000)
    log.highWatermark = 4
    manager.applyRetention()
    bench.world.advance(1)
    expect(log.logStartOffset).toBe(3)
    expect(bench.host.disk.exists(`${PARTITION}/00000000000000000000.log.deleted`)).toBe(true)
    bench.world.advance(1_100)
    expect(bench.host.disk.list(PARTITION).some((name) => name.startsWith('00000000000000000000'))).toBe(false)
    expect(readAll(log, bench.run)[0]).toBe('3:v3')
  })

  it('rolls and deletes the active segment too when all of it is old', () => {
    const bench = new Bench()
    const manager = bench.open()
    const log = bench.create(manager, { retentionMs: 10_000 })
    bench.fill(log, 5)
    log.highWatermark = 5
    bench.world.advance(11_000)
    manager.applyRetention()
    bench.world.advance(1)
    expect([log.logStartOffset, log.logEndOffset, log.segments.all.length]).toEqual([5, 5, 1])
    bench.fill(log, 1)
    expect(readAll(log, bench.run)).toEqual(['5:v0'])
  })

  it('may take a segment that is being flushed', () => {
    const bench = new Bench()
    const manager = bench.open()
    const log = bench.create(manager, { segmentBytes: 210, fileDeleteDelayMs: 0 })
    bench.host.disk.latencyMs = [5, 6]
    for (let i = 0; i < 9; i++) append(log, batchOf([`v${i}`]))
    bench.world.advance(7)
    for (const segment of log.dropOldestSegments(2)) for (const file of segment.files) file.remove()
    bench.world.advance(500)
    expect([log.offline, log.logStartOffset, log.recoveryPoint]).toEqual([null, 6, 6])
    bench.close(manager)
    expect(bench.open().get('orders', 0)?.logEndOffset).toBe(9)
  })

  it('keeps a segment with a record of the future, and everything without a limit', () => {
    const bench = new Bench()
    const log = bench.create(bench.open(), { segmentBytes: 210, retentionMs: 10_000 })
    bench.fill(log, 9, (i) => bench.host.clock.nowMs() + (i === 1 ? 1_000_000 : 0))
    log.highWatermark = 9
    bench.world.advance(20_000)
    expect(decideRetention(log, bench.host.clock.nowMs())).toBeNull()
    log.config = configOf({ retentionMs: -1 })
    expect(decideRetention(log, bench.host.clock.nowMs() + 9_000_000)).toBeNull()
  })

  it('deletes the oldest segments while the rest still holds retention.bytes', () => {
    const bench = new Bench()
    const log = bench.create(bench.open(), { segmentBytes: 210, retentionBytes: 450 })
    bench.fill(log, 12)
    log.highWatermark = 12
    const size = log.segments.first.log.sizeBytes
    const count = decideRetention(log, bench.host.clock.nowMs())?.count ?? 0
    expect(log.sizeBytes - count * size).toBeGreaterThanOrEqual(450)
    expect(log.sizeBytes - (count + 1) * size).toBeLessThan(450)
  })

  it('never removes segments of a compacted topic by time or size, but does below the log start', () => {
    const bench = new Bench()
    const cleanupPolicy = { compact: true, delete: false }
    const log = bench.create(bench.open(), { segmentBytes: 210, retentionMs: 1, retentionBytes: 1, cleanupPolicy })
    bench.fill(log, 9)
    log.highWatermark = 9
    bench.world.advance(1_000)
    expect(decideRetention(log, bench.host.clock.nowMs())).toBeNull()
    log.advanceLogStart(7)
    expect(decideRetention(log, bench.host.clock.nowMs())).toEqual({ count: 2, reason: 'log start offset' })
  })
})

describe('a log that stands by itself', () => {
  it('acknowledges after fsync, shared by all that wait, and recovers what was acknowledged', () => {
    const bench = new Bench()
    const options = {
      host: bench.host,
      logger: bench.logger,
      directory: '/data/__cluster_metadata-0',
      topic: '__cluster_metadata',
      partition: 0,
      topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
      config: configOf(),
    }
    const open = (): PartitionLog => {
      let opened: PartitionLog | null = null
      PartitionLog.openStandalone(options, (error, log) => {
        expect(error).toBeNull()
        opened = log
      })
      return opened as unknown as PartitionLog
    }
    const log = open()
    const done: number[] = []
    for (let offset = 0; offset < 5; offset++) {
      const batch = batchOf(['r'], { baseOffset: offset, leaderEpoch: 1 })
      log.appendAndSync(batch, 0, batch.length, (error) => {
        expect(error).toBeNull()
        done.push(offset)
      })
    }
    bench.run(() => done.length === 5)
    expect([done, log.recoveryPoint]).toEqual([[0, 1, 2, 3, 4], 5])
    bench.host.crashMachine()
    bench.host.restart()
    const again = open()
    expect(readAll(again, bench.run)).toEqual(['0:r', '1:r', '2:r', '3:r', '4:r'])
    expect(again.leaderEpochs.entries).toEqual([{ epoch: 1, startOffset: 0 }])
    let refused: Error | null = null
    const stale = batchOf(['x'], { baseOffset: 3 })
    again.appendAndSync(stale, 0, stale.length, (error) => {
      refused = error
    })
    expect(refused).toMatchObject({ reason: 'unexpected-offset' })
  })
})

it('an empty producer snapshot has a checksum over its count', () => {
  const bench = new Bench()
  const log = bench.create(bench.open(), { segmentBytes: 210 })
  bench.fill(log, 9)
  const snapshot = bench.file('00000000000000000003.snapshot')
  expect([snapshot.length, snapshot.readUInt32BE(2)]).toEqual([10, crc32c(snapshot, 6, 10)])
})
