/**
 * The assignor 'range': per topic a contiguous run of partitions for each subscriber. Members that subscribe to the same
 * topics with equally many partitions get the same partition numbers of each (co-partitioning). Static members come
 * first, by instance id, so that a restart under another member id changes nothing. Racks do not count (as in Kafka 4.x).
 */
import type { Uuid } from '@millrace/base/uuid'
import { isHomogeneous, type Assignor, type AssignorMember } from './assignor.ts'
import type { TopicPartitions } from './topic-partitions.ts'

export const rangeAssignor: Assignor = {
  name: 'range',
  assign({ members, partitionCounts }) {
    const assigned = new Map<string, Map<Uuid, Set<number>>>(members.map(({ memberId }) => [memberId, new Map()]))
    const ordered = [...members].sort(byInstanceThenMember)
    const alike = isHomogeneous(members)
    for (const [topicId, partitionCount] of [...partitionCounts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const subscribers = alike ? ordered : ordered.filter(({ topicIds }) => topicIds.has(topicId))
      if (subscribers.length === 0 || subscribers[0]?.topicIds.has(topicId) !== true) continue
      const quota = Math.floor(partitionCount / subscribers.length)
      const extra = partitionCount % subscribers.length
      let next = 0
      for (const [index, { memberId }] of subscribers.entries()) {
        // More members than partitions: those behind get nothing.
        if (next === partitionCount) break
        const end = next + quota + (index < extra ? 1 : 0)
        const run = new Set<number>()
        for (; next < end; next++) run.add(next)
        if (run.size > 0) assigned.get(memberId)?.set(topicId, run)
      }
    }
    return assigned as Map<string, TopicPartitions>
  },
}

function byInstanceThenMember(a: AssignorMember, b: AssignorMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return a.instanceId < b.instanceId ? -1 : 1
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return a.memberId < b.memberId ? -1 : 1
}
