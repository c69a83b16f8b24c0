/** What differs between two images: what a broker must act on when a new image is published. */
import type { Uuid } from '@millrace/base/uuid'
import type { MetadataImage, TopicImage } from './image.ts'

export interface MetadataChanges {
  /** Topics that are new or have a changed partition (look them up in the new image), with the partition ids. */
  readonly topics: ReadonlyMap<Uuid, ReadonlySet<number>>
  /** As they were before. A topic deleted and created again under its name is in both maps, under two ids. */
  readonly deletedTopics: ReadonlyMap<Uuid, TopicImage>
  /** Brokers registered, changed or removed. */
  readonly brokers: ReadonlySet<number>
  /** Config resources with a changed key, by configResourceKey(). */
  readonly configs: ReadonlySet<string>
  readonly features: boolean
  readonly clientQuotas: boolean
  readonly acls: boolean
  readonly scramCredentials: boolean
}

/** Compares two images; shared objects are skipped. Used when an image was loaded from a snapshot. */
export function diffImages(from: MetadataImage, to: MetadataImage): MetadataChanges {
  const topics = new Map<Uuid, ReadonlySet<number>>()
  const deletedTopics = new Map<Uuid, TopicImage>()
  for (const [id, topic] of from.topicsById) if (!to.topicsById.has(id)) deletedTopics.set(id, topic)
  for (const [id, topic] of to.topicsById) {
    const before = from.topicsById.get(id)
    if (before === topic) continue
    const changed = new Set<number>()
    topic.partitions.forEach((partition, index) => {
      const old = before?.partitions[index]
      if (old === undefined || old.partitionEpoch !== partition.partitionEpoch) changed.add(index)
    })
    if (changed.size > 0) topics.set(id, changed)
  }
  return {
    topics,
    deletedTopics,
    brokers: changedKeys(from.brokers, to.brokers),
    configs: changedKeys(from.configs, to.configs),
    features: from.features !== to.features,
    clientQuotas: from.clientQuotas !== to.clientQuotas,
    acls: from.acls !== to.acls,
    scramCredentials: from.scramCredentials !== to.scramCredentials,
  }
}

function changedKeys<K, V>(from: ReadonlyMap<K, V>, to: ReadonlyMap<K, V>): ReadonlySet<K> {
  const changed = new Set<K>()
  if (from === to) return changed
  for (const [key, value] of to) if (from.get(key) !== value) changed.add(key)
  for (const key of from.keys()) if (!to.has(key)) changed.add(key)
  return changed
}
