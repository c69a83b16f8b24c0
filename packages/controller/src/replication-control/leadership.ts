/**
 * What a broker's coming and going means for partitions: records that take it out of ISRs and leaderships, or elect it
 * where nobody leads (kafka-records §7, kafka-protocol §4.3). Pure.
 */
import type { Uuid } from '@millrace/base/uuid'
import { topicBoolean } from '@millrace/metadata/configs/effective'
import { isActive } from '@millrace/metadata/image'
import type { MetadataImage, TopicImage } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { NO_LEADER } from '@millrace/metadata/partition-state'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControlState } from '../decision.ts'
import { configContext, metadataLevel } from '../decision.ts'
import type { Election } from './partition-change.ts'
import { partitionChange } from './partition-change.ts'

interface PartitionAt {
  readonly topic: TopicImage
  readonly partitionId: number
  readonly partition: PartitionState
}

/** Every partition of the image that satisfies `wanted`. */
function* partitionsWhere(
  image: MetadataImage,
  wanted: (partition: PartitionState) => boolean,
): Generator<PartitionAt, void, undefined> {
  for (const topic of image.topicsById.values()) {
    for (let partitionId = 0; partitionId < topic.partitions.length; partitionId++) {
      const partition = topic.partitions[partitionId]
      if (partition !== undefined && wanted(partition)) yield { topic, partitionId, partition }
    }
  }
}

/** Whether `brokerId` leads any partition. */
export function hasLeaderships(image: MetadataImage, brokerId: number): boolean {
  return !partitionsWhere(image, (partition) => partition.leader === brokerId).next().done
}

/** 'unclean' where the topic allows it, otherwise 'online'. */
export function electionFor(state: ControlState, topic: string): Election {
  return topicBoolean(configContext(state), topic, 'unclean.leader.election.enable') ? 'unclean' : 'online'
}

/** Takes `brokerId` out of every ISR (the last member stays) and gives its leaderships to others. */
export function leaveIsrs(state: ControlState, brokerId: number): MetadataRecord[] {
  const { image } = state
  const records: MetadataRecord[] = []
  const inIsr = (partition: PartitionState): boolean => partition.isr.includes(brokerId)
  for (const { topic, partitionId, partition } of partitionsWhere(image, inIsr)) {
    const record = partitionChange({
      topicId: topic.id,
      partitionId,
      partition,
      level: metadataLevel(image),
      election: electionFor(state, topic.name),
      isAcceptableLeader: (id) => id !== brokerId && isActive(image, id),
      isr: partition.isr.filter((id) => id !== brokerId),
    })
    if (record !== null) records.push(record)
  }
  return records
}

/**
 * A broker came back without the data it had: it leaves every ISR that has another member, and its replicas are
 * recorded in the new directory. Where it is the only member it stays, so that the partition can be served at all.
 */
export function directoryReplaced(state: ControlState, brokerId: number, directoryId: Uuid): MetadataRecord[] {
  const { image } = state
  const records: MetadataRecord[] = []
  for (const { topic, partitionId, partition } of partitionsWhere(image, (each) => each.replicas.includes(brokerId))) {
    const others = partition.isr.filter((id) => id !== brokerId)
    const record = partitionChange({
      topicId: topic.id,
      partitionId,
      partition,
      level: metadataLevel(image),
      election: electionFor(state, topic.name),
      isAcceptableLeader: (id) => id !== brokerId && isActive(image, id),
      isr: others,
      directoryOf: (id) =>
        id === brokerId ? directoryId : (partition.directories[partition.replicas.indexOf(id)] ?? directoryId),
    })
    if (record !== null) records.push(record)
  }
  return records
}

/** Elects a leader for every partition that has none and can have one, `joining` counted as alive. */
export function electWhereLeaderless(state: ControlState, joining: number | null): MetadataRecord[] {
  const { image } = state
  const records: MetadataRecord[] = []
  for (const { topic, partitionId, partition } of partitionsWhere(image, (each) => each.leader === NO_LEADER)) {
    const record = partitionChange({
      topicId: topic.id,
      partitionId,
      partition,
      level: metadataLevel(image),
      election: electionFor(state, topic.name),
      isAcceptableLeader: (id) => id === joining || isActive(image, id),
    })
    if (record !== null) records.push(record)
  }
  return records
}

/**
 * Gives leadership back to preferred leaders that can take it; at most `limit` partitions. A broker that leads all but
 * `toleratedPercentage` of the partitions that prefer it is left alone.
 */
export function electPreferred(state: ControlState, limit: number, toleratedPercentage: number = 0): MetadataRecord[] {
  const { image } = state
  const imbalance = imbalances(state)
  const records: MetadataRecord[] = []
  const misplaced = (partition: PartitionState): boolean =>
    isMisplaced(partition) && (imbalance.get(partition.replicas[0] ?? NO_LEADER) ?? 0) * 100 > toleratedPercentage
  for (const { topic, partitionId, partition } of partitionsWhere(image, misplaced)) {
    if (records.length >= limit) break
    const record = partitionChange({
      topicId: topic.id,
      partitionId,
      partition,
      level: metadataLevel(image),
      election: 'preferred',
      isAcceptableLeader: (id) => isActive(image, id),
    })
    if (record !== null) records.push(record)
  }
  return records
}

function isMisplaced({ leader, replicas }: PartitionState): boolean {
  return leader !== replicas[0]
}

/** By broker: the share of the partitions preferring it that it does not lead. */
function imbalances({ image }: ControlState): ReadonlyMap<number, number> {
  const counts = new Map<number, { preferring: number; misplaced: number }>()
  for (const { partitions } of image.topicsById.values()) {
    for (const partition of partitions) {
      const broker = partition.replicas[0] ?? NO_LEADER
      const count = counts.get(broker) ?? { preferring: 0, misplaced: 0 }
      counts.set(broker, count)
      count.preferring++
      if (isMisplaced(partition)) count.misplaced++
    }
  }
  return new Map([...counts].map(([broker, { preferring, misplaced }]) => [broker, misplaced / preferring]))
}
