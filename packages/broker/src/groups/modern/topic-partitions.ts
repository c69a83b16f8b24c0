/** Sets of partitions by topic id: what members own, are assigned and give up. Immutable values; a topic without partitions is absent. */
import type { Uuid } from '@millrace/base/uuid'

export type TopicPartitions = ReadonlyMap<Uuid, ReadonlySet<number>>

/** As requests, responses and records carry it. */
export interface WireTopicPartitions {
  readonly topicId: Uuid
  readonly partitions: readonly number[]
}

export const NO_PARTITIONS: TopicPartitions = new Map()

export function fromWire(topics: readonly WireTopicPartitions[]): TopicPartitions {
  const result = new Map<Uuid, Set<number>>()
  for (const { topicId, partitions } of topics) {
    if (partitions.length === 0) continue
    const known = result.get(topicId)
    if (known === undefined) result.set(topicId, new Set(partitions))
    else for (const partition of partitions) known.add(partition)
  }
  return result
}

/** Partitions ascending. */
export function toWire(partitions: TopicPartitions): { topicId: Uuid; partitions: number[] }[] {
  return [...partitions].map(([topicId, set]) => ({ topicId, partitions: [...set].sort((a, b) => a - b) }))
}

export function hasPartition(partitions: TopicPartitions, topicId: Uuid, partition: number): boolean {
  return partitions.get(topicId)?.has(partition) ?? false
}

/** Those of `partitions` for which `keep` holds. */
export function filterPartitions(
  partitions: TopicPartitions,
  keep: (topicId: Uuid, partition: number) => boolean,
): TopicPartitions {
  const result = new Map<Uuid, Set<number>>()
  for (const [topicId, set] of partitions) {
    const kept = new Set<number>()
    for (const partition of set) if (keep(topicId, partition)) kept.add(partition)
    if (kept.size > 0) result.set(topicId, kept)
  }
  return result
}

export function intersection(left: TopicPartitions, right: TopicPartitions): TopicPartitions {
  return filterPartitions(left, (topicId, partition) => hasPartition(right, topicId, partition))
}

/** Those of `left` that are not in `right`. */
export function difference(left: TopicPartitions, right: TopicPartitions): TopicPartitions {
  return filterPartitions(left, (topicId, partition) => !hasPartition(right, topicId, partition))
}

export function union(left: TopicPartitions, right: TopicPartitions): TopicPartitions {
  if (right.size === 0) return left
  const result = new Map<Uuid, ReadonlySet<number>>(left)
  for (const [topicId, set] of right) {
    const known = result.get(topicId)
    result.set(topicId, known === undefined ? set : new Set([...known, ...set]))
  }
  return result
}

export function isSubset(part: TopicPartitions, whole: TopicPartitions): boolean {
  for (const [topicId, set] of part)
    for (const partition of set) if (!hasPartition(whole, topicId, partition)) return false
  return true
}

export function haveCommon(left: TopicPartitions, right: TopicPartitions): boolean {
  for (const [topicId, set] of left)
    for (const partition of set) if (hasPartition(right, topicId, partition)) return true
  return false
}

export function countPartitions(partitions: TopicPartitions): number {
  let count = 0
  for (const set of partitions.values()) count += set.size
  return count
}

export function samePartitions(left: TopicPartitions, right: TopicPartitions): boolean {
  if (left === right) return true
  return left.size === right.size && countPartitions(left) === countPartitions(right) && isSubset(left, right)
}
