/** What a server-side assignor is given and gives (KIP-848, KIP-932): pure, deterministic, no state of its own. */
import type { Uuid } from '@millrace/base/uuid'
import type { TopicPartitions } from './topic-partitions.ts'

export interface AssignorMember {
  readonly memberId: string
  /** null: a dynamic member. */
  readonly instanceId: string | null
  readonly rackId: string | null
  /** Topics that exist and that the member subscribes to, by name or by pattern. Best one object for all who have the same. */
  readonly topicIds: ReadonlySet<Uuid>
  /** What the last assignment gave it; may hold topics and partitions that are gone. */
  readonly assigned: TopicPartitions
}

export interface AssignorInput {
  readonly members: readonly AssignorMember[]
  /** How many partitions each of the subscribed topics has. */
  readonly partitionCounts: ReadonlyMap<Uuid, number>
}

export interface Assignor {
  /** As clients ask for it: 'uniform', 'range'. */
  readonly name: string
  /** Every member has an entry. */
  assign(input: AssignorInput): Map<string, TopicPartitions>
}

/** Whether all members subscribe to the same topics. */
export function isHomogeneous(members: readonly AssignorMember[]): boolean {
  const first = members[0]?.topicIds
  if (first === undefined) return true
  return members.every(({ topicIds }) => {
    if (topicIds === first) return true
    if (topicIds.size !== first.size) return false
    for (const id of topicIds) if (!first.has(id)) return false
    return true
  })
}
