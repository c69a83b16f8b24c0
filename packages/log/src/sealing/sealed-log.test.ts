/**
 * A log in sealed files, closed cleanly; then one byte of one file is changed. Whatever it is, it is told with the name of
 * the file, and no record is ever read that is not what was written.
 */
import { describe, expect, it } from 'vitest'
import type { Disk, Host } from '@millrace/base/host'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { createRecordingLogger, type RecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import { CorruptBatch } from '../corrupt-batch.ts'
import type { LogManager } from '../log-manager.ts'
import type { PartitionLog } from '../partition-log.ts'
import {
  append,
  batchOf,
  configOf,
  contentOf,
  DIRECTORY,
  openManager,
  readAny,
  TOPIC_ID,
} from '../test-support/batches.ts'
import { SealedDisk } from './sealed-disk.ts'

const DATA_KEY = Buffer.alloc(32, 3)
const CONFIG = configOf({ segmentBytes: 3_000, indexIntervalBytes: 200, segmentJitterMs: 0 })
const BATCHES = 40

class Node {
  readonly world: World
  readonly machine: FakeHost
  logger: RecordingLogger = createRecordingLogger()

  constructor() {
    this.world = new World({ seed: 1 })
    this.machine = this.world.addHost('broker')
  }

  readonly run = (until: () => boolean): void => this.world.runUntil(until)

  open(): LogManager {
    const { clock, timers, tick, random, network, computing } = this.machine
    const disk: Disk = new SealedDisk({ disk: this.machine.disk, dataKey: DATA_KEY, random, clock })
    const host: Host = { clock, timers, tick, random, network, computing, disk }
    this.logger = createRecordingLogger()
    return openManager(host, this.logger, this.run, { defaults: CONFIG })
  }

  close(manager: LogManager): void {
    let closed = false
    manager.close({ brokerEpoch: 5 }, () => (closed = true))
    this.run(() => closed)
    this.machine.crashProcess()
    this.machine.restart()
  }

  files(directory: string = DIRECTORY): string[] {
    const { disk } = this.machine
    return disk.list(directory).flatMap((name) => {
      const path = `${directory}/${name}`
      return disk.status(path).isDirectory ? this.files(path) : [path]
    })
  }
}

/** Records, epochs and an aborted transaction, in several segments. */
function written(): Node {
  const node = new Node()
  const manager = node.open()
  const log = manager.create({ topic: 'orders', partition: 0, topicId: TOPIC_ID, config: CONFIG })
  for (let index = 0; index < BATCHES; index++) {
    const result = append(log, batchOf([valueOf(index)], { timestampMs: 1_000 * index }), Math.floor(index / 10))
    node.run(() => result.done)
  }
  node.close(manager)
  return node
}

function valueOf(index: number): string {
  return `${index}`.padEnd(150, 'x')
}

/** Offsets that could be read, after `each` has looked at them; corrupt ones are skipped. */
function readWhatIsThere(node: Node, log: PartitionLog): { readonly offsets: number[]; readonly corrupt: string[] } {
  const offsets: number[] = []
  const corrupt: string[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const request = { offset, maxBytes: 1, endOffset: log.logEndOffset, atLeastOne: true }
    try {
      for (const record of contentOf(readAny(log, request, node.run))) {
        expect(record).toBe(`${offset}:${valueOf(offset)}`)
        offsets.push(offset)
        offset++
      }
    } catch (error) {
      if (!(error instanceof CorruptBatch)) throw error
      corrupt.push(error.path)
      offset++
    }
  }
  return { offsets, corrupt }
}

const sample = written()
const paths = sample.files().filter((path) => sample.machine.disk.status(path).sizeBytes > 0)

describe('a changed byte', () => {
  it('may be in files of every kind', () => {
    const kinds = new Set(paths.map((path) => path.slice(path.lastIndexOf('/') + 1).replace(/^\d{20}/, '')))
    expect([...kinds].sort()).toEqual(
      expect.arrayContaining([
        '.index',
        '.log',
        '.snapshot',
        '.timeindex',
        'leader-epoch-checkpoint',
        'meta.properties',
      ]),
    )
    expect(kinds).toContain('partition.metadata')
    expect(kinds).toContain('recovery-point-offset-checkpoint')
    expect(kinds).toContain('.kafka_cleanshutdown')
  })

  // Snapshots of older segments are read when the log is cut to them; then like the newest.
  const newestSnapshot = paths
    .filter((path) => path.endsWith('.snapshot'))
    .toSorted()
    .at(-1)
  const read = paths.filter((path) => !path.endsWith('.snapshot') || path === newestSnapshot)
  for (const path of read) {
    it(`of ${path.slice(DIRECTORY.length + 1)} is told with the file's name`, () => {
      const size = sample.machine.disk.status(path).sizeBytes
      for (const at of new Set([0, 10, 30, 41, 45, 59, 65, 80, size - 20, size - 1].filter((each) => each < size))) {
        const node = written()
        const byte = Buffer.from(node.machine.disk.readFile(path)).readUInt8(at)
        node.machine.disk.corrupt(path, at, Buffer.from([byte ^ 0x40]))
        let told = ''
        try {
          const log = node.open().get('orders', 0)
          const found = log === undefined ? { offsets: [], corrupt: [] } : readWhatIsThere(node, log)
          told = found.corrupt.join(' ')
          const name = path.slice(path.lastIndexOf('/') + 1)
          // What follows from the log is made anew.
          if (/index$|checkpoint$|snapshot$|cleanshutdown$/.test(name)) expect(found.offsets).toHaveLength(BATCHES)
          // The log itself keeps all that is whole; nothing that was acknowledged is cut off.
          else if (name.endsWith('.log')) expect(log?.logEndOffset).toBe(BATCHES)
        } catch (error) {
          told = String(error)
        }
        expect(`${told} ${JSON.stringify(node.logger.lines)}`, `byte ${at} of ${size}`).toContain(path)
      }
    })
  }
})
