/**
 * What a broker's coming and going means for partitions: records that take it out of ISRs and leaderships, or elect it
 * where nobody leads (kafka-records §7, kafka-protocol §4.3). Pure.
 */
import type { Uuid } from '@millrace/base/uuid'
import { isActive } from '@millrace/metadata/image'
import type { MetadataImage } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { NO_LEADER } from '@millrace/metadata/partition-state'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControlState } from '../decision.ts'
import type { PartitionTarget } from './partition-change.ts'
import { partitionChange } from './partition-change.ts'
import { targetsWhere } from './partition-target.ts'

/** Whether `brokerId` leads any partition. */
export function hasLeaderships(image: MetadataImage, brokerId: number): boolean {
  for (const { partitions } of image.topicsById.values())
    if (partitions.some(({ leader }) => leader === brokerId)) return true
  return false
}

/** The records for all partitions that satisfy `wanted`, each changed by `change`. */
function changes(
  state: ControlState,
  wanted: (partition: PartitionState) => boolean,
  change: (partition: PartitionState) => Partial<PartitionTarget>,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const target of targetsWhere(state, wanted)) {
    const record = partitionChange({ ...target, ...change(target.partition) })
    if (record !== null) records.push(record)
  }
  return records
}

/** Takes `brokerId` out of every ISR and gives its leaderships to others. */
export function leaveIsrs(state: ControlState, brokerId: number): MetadataRecord[] {
  return changes(
    state,
    ({ isr }) => isr.includes(brokerId),
    ({ isr }) => ({ isr: isr.filter((id) => id !== brokerId), isAcceptableLeader: activeBut(state, brokerId) }),
  )
}

/** As leaveIsrs, of a broker that may have lost what it had not flushed: nor is it an eligible leader of any partition. */
export function leaveUncleanly(state: ControlState, brokerId: number): MetadataRecord[] {
  return changes(
    state,
    ({ isr, eligibleLeaderReplicas }) => isr.includes(brokerId) || eligibleLeaderReplicas.includes(brokerId),
    ({ isr }) => ({
      isr: isr.filter((id) => id !== brokerId),
      uncleanShutdown: brokerId,
      isAcceptableLeader: activeBut(state, brokerId),
    }),
  )
}

/**
 * A broker came back without the data it had: it leaves as after an unclean shutdown, and its replicas are recorded in the
 * new directory. Where it is the only one known it stays, so that the partition can be served at all.
 */
export function directoryReplaced(state: ControlState, brokerId: number, directoryId: Uuid): MetadataRecord[] {
  return changes(
    state,
    ({ replicas }) => replicas.includes(brokerId),
    ({ isr, replicas, directories }) => ({
      isr: isr.filter((id) => id !== brokerId),
      uncleanShutdown: brokerId,
      isAcceptableLeader: activeBut(state, brokerId),
      directoryOf: (id) => (id === brokerId ? directoryId : (directories[replicas.indexOf(id)] ?? directoryId)),
    }),
  )
}

function activeBut({ image }: ControlState, brokerId: number): (id: number) => boolean {
  return (id) => id !== brokerId && isActive(image, id)
}

/** Elects a leader for every partition that has none and can have one, `joining` counted as alive. */
export function electWhereLeaderless(state: ControlState, joining: number | null): MetadataRecord[] {
  const isAcceptableLeader = (id: number): boolean => id === joining || isActive(state.image, id)
  return changes(
    state,
    ({ leader }) => leader === NO_LEADER,
    () => ({ isAcceptableLeader }),
  )
}

/**
 * Who is an eligible leader under the rules of now, for when min.insync.replicas or the feature itself has changed: nobody
 * where the high watermark may move without them (KIP-966).
 */
export function reviewEligibleLeaders(state: ControlState): MetadataRecord[] {
  const keptAny = ({ eligibleLeaderReplicas, lastKnownElr }: PartitionState): boolean =>
    eligibleLeaderReplicas.length > 0 || lastKnownElr.length > 0
  return changes(state, keptAny, () => ({}))
}

/**
 * Gives leadership back to preferred leaders that can take it; at most `limit` partitions. A broker that leads all but
 * `toleratedPercentage` of the partitions that prefer it is left alone.
 */
export function electPreferred(state: ControlState, limit: number, toleratedPercentage: number = 0): MetadataRecord[] {
  const imbalance = imbalances(state)
  const records: MetadataRecord[] = []
  const misplaced = (partition: PartitionState): boolean =>
    isMisplaced(partition) && (imbalance.get(partition.replicas[0] ?? NO_LEADER) ?? 0) * 100 > toleratedPercentage
  for (const target of targetsWhere(state, misplaced)) {
    if (records.length >= limit) break
    const record = partitionChange({ ...target, election: 'preferred' })
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
