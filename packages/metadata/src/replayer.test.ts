import { describe, expect, test } from 'vitest'
import { emptyImage } from './image.ts'
import type { MetadataBatch } from './metadata-batch.ts'
import type { MetadataRecord } from './records/metadata-record.ts'
import { MetadataReplayer } from './replayer.ts'

const feature = (name: string): MetadataRecord => ({ type: 12, version: 0, body: { name, featureLevel: 1 } })
const begin: MetadataRecord = { type: 23, version: 0, body: { name: null } }
const end: MetadataRecord = { type: 24, version: 0, body: {} }
const abort: MetadataRecord = { type: 25, version: 0, body: { reason: null } }

function feeder(): {
  readonly replayer: MetadataReplayer
  readonly feed: (...records: MetadataRecord[]) => string[][]
} {
  const replayer = new MetadataReplayer(emptyImage)
  return {
    replayer,
    feed(...records) {
      const baseOffset = replayer.nextOffset
      const batch: MetadataBatch = {
        baseOffset,
        lastOffset: baseOffset + records.length - 1,
        epoch: 1,
        timestampMs: 5,
        sizeBytes: 100,
        isControl: false,
        controlTypes: [],
        records,
      }
      return replayer.replay(batch).map(({ image }) => [...image.features.keys()])
    },
  }
}

describe('metadata transactions', () => {
  test('a batch outside of a transaction is published at once', () => {
    const { feed, replayer } = feeder()
    expect(feed(feature('a'), feature('b'))).toEqual([['a', 'b']])
    expect(replayer.image).toMatchObject({ offset: 1, epoch: 1, timestampMs: 5 })
  })

  test('records of a transaction appear together when it ends', () => {
    const { feed } = feeder()
    expect(feed(begin, feature('a'))).toEqual([])
    expect(feed(feature('b'))).toEqual([])
    expect(feed(feature('c'), end)).toEqual([['a', 'b', 'c']])
  })

  test('an aborted transaction leaves nothing behind', () => {
    const { feed } = feeder()
    feed(feature('kept'))
    feed(begin, feature('lost'))
    expect(feed(abort, feature('next'))).toEqual([['kept', 'next']])
  })

  test('what stands before a transaction in its batch is published without it', () => {
    const { feed } = feeder()
    expect(feed(feature('a'), begin, feature('b'))).toEqual([['a']])
    expect(feed(end, feature('c'))).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
    ])
  })

  test.each([
    ['a nested begin', [begin, begin]],
    ['an end without begin', [end]],
    ['an abort without begin', [abort]],
  ])('%s is fatal', (_, records) => {
    expect(() => feeder().feed(...records)).toThrow(/transaction/)
  })

  test('a gap between batches is fatal', () => {
    const { replayer } = feeder()
    const batch: MetadataBatch = {
      baseOffset: 3,
      lastOffset: 3,
      epoch: 1,
      timestampMs: 5,
      sizeBytes: 100,
      isControl: false,
      controlTypes: [],
      records: [feature('a')],
    }
    expect(() => replayer.replay(batch)).toThrow(/no gaps/)
  })
})
