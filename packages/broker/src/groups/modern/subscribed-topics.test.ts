import { describe, expect, it } from 'vitest'
import type { MetadataImage } from '@millrace/metadata/image'
import { broker, imageOf, partitionState, topic } from '../../handlers/handler-fixture.ts'
import { metadataHash } from './subscribed-topics.ts'

const orders = topic('orders', 'AAAAAAAAAAAAAAAAAAAAAQ', [partitionState({ replicas: [1, 2] })])
const grown = topic('orders', 'AAAAAAAAAAAAAAAAAAAAAQ', [
  partitionState({ replicas: [1, 2] }),
  partitionState({ replicas: [1, 2] }),
])

/** Brokers 1 and 2 stand in these racks. */
function imageWith(topics: Parameters<typeof imageOf>[1], [first, second]: readonly [string, string]): MetadataImage {
  return imageOf([broker(1, { rack: first }), broker(2, { rack: second })], topics)
}

describe('the hash of subscribed topics', () => {
  it('is the same for the same topics, in whatever order they are named, and 0 for none', () => {
    const image = imageWith([orders], ['a', 'b'])
    expect(metadataHash(image, ['orders', 'gone'])).toBe(metadataHash(image, ['orders']))
    expect(metadataHash(image, ['gone'])).toBe(0)
  })

  it('changes when a topic grows, and when the racks of its brokers do though the topic is the same', () => {
    const hashes = [
      metadataHash(imageWith([orders], ['a', 'b']), ['orders']),
      metadataHash(imageWith([grown], ['a', 'b']), ['orders']),
      metadataHash(imageWith([orders], ['a', 'c']), ['orders']),
      metadataHash(imageWith([orders], ['a', 'b']), ['orders']),
    ]
    expect(new Set(hashes).size).toBe(3)
    expect(hashes[3]).toBe(hashes[0])
  })
})
