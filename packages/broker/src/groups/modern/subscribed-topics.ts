/**
 * What a coordinator knows of the topics that its members subscribe to: their ids and partition counts for the
 * assignors, and one number that changes when anything does that an assignment may depend on.
 */
import { createHash } from 'node:crypto'
import type { Uuid } from '@millrace/base/uuid'
import type { MetadataImage, TopicImage } from '@millrace/metadata/image'
import type { TopicPartitions } from './topic-partitions.ts'

/** Those of the topics that exist. */
export function topicIdsOf(image: MetadataImage, names: Iterable<string>): Set<Uuid> {
  const ids = new Set<Uuid>()
  for (const name of names) {
    const topic = image.topicsByName.get(name)
    if (topic !== undefined) ids.add(topic.id)
  }
  return ids
}

/**
 * A number over id, name, partition count and racks of the topics that exist; 0 when none does. 48 bits of a hash, so
 * that it is exact as a number. Only compared with what the same function gave before.
 */
export function metadataHash(image: MetadataImage, names: Iterable<string>): number {
  const known = [...names].filter((name) => image.topicsByName.has(name)).sort()
  if (known.length === 0) return 0
  const hash = createHash('sha1')
  for (const name of known) {
    const topic = image.topicsByName.get(name)
    if (topic !== undefined) hash.update(topicDigest(image, topic))
  }
  return hash.digest().readUIntBE(0, 6)
}

interface TopicDigest {
  readonly brokers: MetadataImage['brokers']
  readonly digest: Buffer
}

/** By topic as it is in the image: what many partitions give is not computed again until the topic or a broker changes. */
const topicDigests: WeakMap<TopicImage, TopicDigest> = new WeakMap()

function topicDigest(image: MetadataImage, topic: TopicImage): Buffer {
  const before = topicDigests.get(topic)
  if (before !== undefined && before.brokers === image.brokers) return before.digest
  const hash = createHash('sha1')
  hash.update(`${topic.id}/${topic.name}/${topic.partitions.length}\n`)
  for (const { replicas } of topic.partitions) hash.update(`${racksOf(image, replicas).join(',')};`)
  const digest = hash.digest()
  topicDigests.set(topic, { brokers: image.brokers, digest })
  return digest
}

function racksOf(image: MetadataImage, replicas: readonly number[]): string[] {
  const racks = new Set<string>()
  for (const id of replicas) {
    const rack = image.brokers.get(id)?.rack
    if (rack !== undefined && rack !== null) racks.add(rack)
  }
  return [...racks].sort()
}

/** For Describe answers: with names; topics that are gone have none and are left out, as Kafka does. */
export function withTopicNames(
  image: MetadataImage,
  partitions: TopicPartitions,
): { topicId: Uuid; topicName: string; partitions: number[] }[] {
  const result: { topicId: Uuid; topicName: string; partitions: number[] }[] = []
  for (const [topicId, set] of partitions) {
    const topic = image.topicsById.get(topicId)
    if (topic !== undefined) result.push({ topicId, topicName: topic.name, partitions: [...set].sort((a, b) => a - b) })
  }
  return result
}
