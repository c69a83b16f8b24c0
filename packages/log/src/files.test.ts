/** Bytes of Kafka's small files against the vectors of the format, and what is refused. */
import { describe, expect, it } from 'vitest'
import { World } from '@millrace/testkit/world'
import {
  decodeEpochCheckpoint,
  decodeOffsetCheckpoint,
  encodeEpochCheckpoint,
  encodeOffsetCheckpoint,
} from './checkpoints.ts'
import { DescriptorLru } from './descriptor-lru.ts'
import {
  directoryMark,
  markedDirectoryName,
  parsePartitionDirectoryName,
  parseSegmentFileName,
  segmentFileName,
} from './file-names.ts'
import { decodeMetaProperties, encodeMetaProperties } from './meta-properties.ts'
import { decodePartitionMetadata, encodePartitionMetadata } from './partition-metadata.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import { SegmentFile } from './segment-file.ts'
import { readTransactionMarker } from './transaction-marker.ts'

const SNAPSHOT =
  '00014ad3e9fc0000000100000000000003e80000000000040000000000000009' +
  '0000000400000192cc091400ffffffffffffffffffffffff'
const COMMIT_BATCH =
  '000000000000000a0000004200000005028ec7f28500300000000000000192cc09140000000192cc091400' +
  '00000000000003e80000ffffffff0000000120000000080000' +
  '00010c00000000000700'

describe('producer snapshot', () => {
  const entry = {
    producerId: 1000,
    epoch: 0,
    lastSequence: 4,
    lastOffset: 9,
    offsetDelta: 4,
    timestamp: 1_730_000_000_000,
    coordinatorEpoch: -1,
    currentTxnFirstOffset: -1,
  }

  it('has the bytes of the format', () => {
    expect(encodeProducerSnapshot([entry]).toString('hex')).toBe(SNAPSHOT)
    expect(decodeProducerSnapshot(Buffer.from(SNAPSHOT, 'hex'))).toEqual([entry])
    expect(encodeProducerSnapshot([]).length).toBe(10)
  })

  it('is refused when cut short or changed', () => {
    const bytes = Buffer.from(SNAPSHOT, 'hex')
    expect(decodeProducerSnapshot(bytes.subarray(0, 55))).toBeNull()
    bytes[20] = 1
    expect(decodeProducerSnapshot(bytes)).toBeNull()
  })
})

it('a transaction marker tells outcome and coordinator epoch', () => {
  expect(readTransactionMarker(Buffer.from(COMMIT_BATCH, 'hex'), 0)).toEqual({ committed: true, coordinatorEpoch: 7 })
})

describe('checkpoint files', () => {
  it('hold version, count and lines, each ended', () => {
    expect(encodeOffsetCheckpoint([{ topic: 'a-b', partition: 3, offset: 42 }]).toString()).toBe('0\n1\na-b 3 42\n')
    expect(encodeEpochCheckpoint([{ epoch: 2, startOffset: 5 }]).toString()).toBe('0\n1\n2 5\n')
    expect(decodeOffsetCheckpoint(Buffer.from('0\n2\na 0 1\nb  1\t2\n'))).toEqual([
      { topic: 'a', partition: 0, offset: 1 },
      { topic: 'b', partition: 1, offset: 2 },
    ])
  })

  it('are empty when the file is, and malformed otherwise', () => {
    expect(decodeEpochCheckpoint(Buffer.from(''))).toEqual([])
    expect(decodeEpochCheckpoint(Buffer.from('0\n'))).toEqual([])
    expect(() => decodeEpochCheckpoint(Buffer.from('1\n0\n'))).toThrow('version is 1')
    expect(() => decodeEpochCheckpoint(Buffer.from('0\n2\n1 1\n'))).toThrow('tells 2 entries and has 1')
    expect(() => decodeEpochCheckpoint(Buffer.from('0\n1\n1 x\n'))).toThrow('malformed')
    expect(() => decodeOffsetCheckpoint(Buffer.from('0\n1\n1 1\n'))).toThrow('malformed')
  })
})

describe('meta.properties', () => {
  it('round-trips with Java escapes and starts with comments', () => {
    const properties = { clusterId: 'a:b=c', nodeId: 3, directoryId: 'AAECAwQFBgcICQoLDA0ODw' }
    const bytes = encodeMetaProperties(properties)
    expect(bytes.toString()).toContain('cluster.id=a\\:b\\=c\n')
    expect(decodeMetaProperties(bytes)).toEqual(properties)
  })

  it('refuses another version, a missing cluster and a reserved directory id', () => {
    expect(() => decodeMetaProperties(Buffer.from('version=0\nbroker.id=1\n'))).toThrow('version')
    expect(() => decodeMetaProperties(Buffer.from('version=1\nnode.id=1\n'))).toThrow('cluster.id')
    const reserved = 'version=1\ncluster.id=c\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAg\n'
    expect(() => decodeMetaProperties(Buffer.from(reserved))).toThrow('directory.id')
  })
})

it('partition.metadata has two lines and no newline at the end', () => {
  const bytes = encodePartitionMetadata('AAECAwQFBgcICQoLDA0ODw')
  expect(bytes.toString()).toBe('version: 0\ntopic_id: AAECAwQFBgcICQoLDA0ODw')
  expect(decodePartitionMetadata(bytes)).toBe('AAECAwQFBgcICQoLDA0ODw')
  expect(decodePartitionMetadata(Buffer.from('version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA'))).toBeNull()
  expect(decodePartitionMetadata(Buffer.from(''))).toBeNull()
})

it('names of files and directories are Kafka’s', () => {
  expect(segmentFileName(42, '.timeindex')).toBe('00000000000000000042.timeindex')
  expect(parseSegmentFileName('00000000000000000042.log')).toEqual({ baseOffset: 42, suffix: '.log' })
  expect(parseSegmentFileName('00000000000000000042.log.deleted')).toBeNull()
  expect(parsePartitionDirectoryName('my-topic-12')).toEqual({ topic: 'my-topic', partition: 12 })
  const hex = '0123456789abcdef0123456789abcdef'
  const marked = markedDirectoryName('t'.repeat(249), 7, hex, 'delete')
  expect([marked.length, directoryMark(marked)]).toEqual([255, 'delete'])
  expect(directoryMark('orders-0')).toBeNull()
})

describe('open descriptors', () => {
  it('stay within the limit, least recently used closed first, and reopen when needed', () => {
    const { disk } = new World({ seed: 1 }).addHost('h')
    disk.makeDirectory('/d')
    const descriptors = new DescriptorLru({ disk, limit: 3 })
    const files = [0, 1, 2, 3, 4].map((n) => new SegmentFile({ disk, descriptors }, `/d/${n}`, null))
    for (const [n, file] of files.entries()) {
      file.create()
      file.appendSync([Buffer.from(`file ${n}`)], 6)
    }
    expect(descriptors.openCount).toBe(3)
    const target = Buffer.alloc(6)
    for (const [n, file] of files.entries()) {
      file.readSync(target, 0, 6, 0)
      expect(target.toString()).toBe(`file ${n}`)
    }
    expect(descriptors.openCount).toBe(3)
    expect(disk.openFiles.length).toBe(3)
  })

  it('are not closed under an operation', () => {
    const world = new World({ seed: 1 })
    const { disk } = world.addHost('h')
    disk.makeDirectory('/d')
    const descriptors = new DescriptorLru({ disk, limit: 1 })
    const [first, second] = [0, 1].map((n) => new SegmentFile({ disk, descriptors }, `/d/${n}`, null)) as [
      SegmentFile,
      SegmentFile,
    ]
    first.create()
    let failure: Error | null | undefined
    first.append([Buffer.from('abc')], 3, (error) => {
      failure = error
    })
    second.create()
    first.close()
    world.advance(10)
    expect(failure).toBeNull()
    expect(first.sizeBytes).toBe(3)
    expect(disk.openFiles).toEqual(['/d/1'])
  })

  it('a removed file is not written to, even when its path is another’s by then', () => {
    const { disk } = new World({ seed: 1 }).addHost('h')
    disk.makeDirectory('/d')
    const access = { disk, descriptors: new DescriptorLru({ disk, limit: 3 }) }
    const old = new SegmentFile(access, '/d/0', null)
    old.create()
    old.remove()
    const current = new SegmentFile(access, '/d/0', null)
    current.create()
    expect(() => old.appendSync([Buffer.from('x')], 1)).toThrow('REMOVED')
    expect(disk.status('/d/0').sizeBytes).toBe(0)
  })
})
