import { describe, expect, test } from 'vitest'
import {
  imageFromSnapshot,
  imageSnapshotChunks,
  parseSnapshotFileName,
  readSnapshot,
  snapshotChunks,
  snapshotFileName,
} from './snapshot-format.ts'
import type { MetadataRecord } from './records/metadata-record.ts'
import { MetadataDelta } from './delta.ts'
import { emptyImage } from './image.ts'

const TS = 1_730_000_000_000
const metadataVersion: MetadataRecord = { type: 12, version: 0, body: { name: 'metadata.version', featureLevel: 21 } }

function bootstrap(records: readonly MetadataRecord[]): Buffer[] {
  return [...snapshotChunks({ epoch: 0, timestampMs: TS, lastContainedLogTimestampMs: 0, records })]
}

describe('snapshot format', () => {
  test('header and footer have the bytes of the reference', () => {
    const [header, , footer] = bootstrap([metadataVersion])
    expect(header?.toString('hex')).toBe(
      '0000000000000000000000470000000002daf497210020000000000000' +
        '0192cc09140000000192cc091400ffffffffffffffffffffffffffff000000012a0000000800000003160000000000000000000000' +
        '00',
    )
    expect(footer?.length).toBe(75)
    expect(footer?.readUInt32BE(17).toString(16)).toBe('233a67a8')
    expect(footer?.subarray(61).toString('hex')).toBe('1a0000000800000004060000' + '0000')
  })

  test('records come back in order over several batches', () => {
    const records = Array.from({ length: 2500 }, (_, index): MetadataRecord => ({
      type: 12,
      version: 0,
      body: { name: `f${index}`, featureLevel: 1 },
    }))
    const chunks = bootstrap(records)
    expect(chunks.length).toBe(5)
    expect(readSnapshot(Buffer.concat(chunks)).records).toEqual(records)
  })

  test('a file without footer, or cut short, is refused', () => {
    const chunks = bootstrap([metadataVersion])
    expect(() => readSnapshot(Buffer.concat(chunks.slice(0, 2)))).toThrow(/no footer/)
    const whole = Buffer.concat(chunks)
    expect(() => readSnapshot(whole.subarray(0, whole.length - 1))).toThrow(/no footer/)
    expect(() => readSnapshot(whole.subarray(83))).toThrow(/no header/)
  })

  test('file names hold end offset and epoch', () => {
    const name = '00000000000000000042-0000000007.checkpoint'
    expect(snapshotFileName({ endOffset: 42, epoch: 7 })).toBe(name)
    expect(parseSnapshotFileName(name)).toEqual({ endOffset: 42, epoch: 7 })
    expect(parseSnapshotFileName(`${name}.part`)).toBeNull()
    expect(parseSnapshotFileName('bootstrap.checkpoint')).toBeNull()
  })

  test('an image survives the way through a snapshot', () => {
    const delta = new MetadataDelta(emptyImage)
    delta.replay(metadataVersion)
    delta.replay({
      type: 4,
      version: 0,
      body: { resourceType: 2, resourceName: 'orders:eu', name: 'retention.ms', value: '1' },
    })
    delta.replay({ type: 15, version: 0, body: { brokerId: 1, brokerEpoch: 3, nextProducerId: 2000 } })
    const { image } = delta.finish({ offset: 9, epoch: 3, timestampMs: TS })
    const bytes = Buffer.concat([...imageSnapshotChunks(image, TS)])
    expect(imageFromSnapshot(bytes, { endOffset: 10, epoch: 3 })).toEqual(image)
  })
})
