/**
 * Kafka's range assignor: for each topic the members that read it, in order of their ids, get consecutive partitions,
 * the first ones one more where it does not come out even. So equal partition numbers of different topics meet.
 */
import type { TopicAssignment } from './consumer-protocol.ts'

/** @param subscriptions topics by member id; @param partitionCounts by topic, topics that are not there left out */
export function assignRanges(
  subscriptions: ReadonlyMap<string, readonly string[]>,
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicAssignment[]> {
  const assignments = new Map<string, TopicAssignment[]>([...subscriptions.keys()].map((memberId) => [memberId, []]))
  const topics = [...new Set([...subscriptions.values()].flat())].sort()
  for (const topic of topics) {
    const members = [...subscriptions.keys()].filter((memberId) => subscriptions.get(memberId)?.includes(topic)).sort()
    const partitionCount = partitionCounts.get(topic) ?? 0
    const least = Math.floor(partitionCount / members.length)
    const withOneMore = partitionCount % members.length
    let next = 0
    members.forEach((memberId, index) => {
      const count = least + (index < withOneMore ? 1 : 0)
      const partitions = Array.from({ length: count }, (_, offset) => next + offset)
      next += count
      if (count > 0) assignments.get(memberId)?.push({ topic, partitions })
    })
  }
  return assignments
}
