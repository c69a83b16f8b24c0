/**
 * A share group (KIP-932): members, epochs, the target assignment, and of which partitions the state is initialized. Holds
 * no timer, sends nothing and writes nothing. Changed only by replay (share-replay.ts), of what the log holds or, on a
 * clone, of what a decision is about to write. Single owner: the shard.
 *
 * Invariants: groupEpoch >= assignmentEpoch; only partitions with initialized state are assigned.
 */
import { GroupOffsets } from '../group-offsets.ts'
import { NO_PARTITIONS, type TopicPartitions } from '../modern/topic-partitions.ts'

export type ShareGroupState = 'Empty' | 'Stable'

export const LEAVE_EPOCH = -1
export const JOIN_EPOCH = 0

export interface ShareMember {
  readonly memberId: string
  readonly rackId: string | null
  readonly clientId: string
  /** '/' and the address, as Java prints it. */
  readonly clientHost: string
  /** Sorted. */
  readonly subscribedTopicNames: readonly string[]
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly assigned: TopicPartitions
}

export function newShareMember(memberId: string): ShareMember {
  return {
    memberId,
    rackId: null,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: [],
    memberEpoch: JOIN_EPOCH,
    previousMemberEpoch: JOIN_EPOCH,
    assigned: NO_PARTITIONS,
  }
}

export class ShareGroup {
  readonly type = 'share' as const
  readonly protocolType = 'share' as const
  readonly groupId: string
  /** Always empty: a share group's progress is the share coordinator's to keep. */
  readonly offsets: GroupOffsets = new GroupOffsets()
  groupEpoch = 0
  /** Of the subscribed topics, when the group's epoch was last moved. */
  metadataHash = 0
  assignmentEpoch = 0
  /** Generation of the metadata (TopicsView) that the group was last compared with; memory only. */
  seenTopicsVersion = -1
  readonly members: Map<string, ShareMember> = new Map()
  /** By member id. */
  readonly targets: Map<string, TopicPartitions> = new Map()
  /** Partitions whose state the share coordinator has been asked for. */
  initializing: TopicPartitions = NO_PARTITIONS
  /** Partitions whose state the share coordinator keeps. */
  initialized: TopicPartitions = NO_PARTITIONS

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get state(): ShareGroupState {
    return this.isEmpty ? 'Empty' : 'Stable'
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  clone(): ShareGroup {
    const copy = new ShareGroup(this.groupId)
    copy.groupEpoch = this.groupEpoch
    copy.metadataHash = this.metadataHash
    copy.assignmentEpoch = this.assignmentEpoch
    copy.seenTopicsVersion = this.seenTopicsVersion
    copy.initializing = this.initializing
    copy.initialized = this.initialized
    for (const [id, member] of this.members) copy.members.set(id, member)
    for (const [id, target] of this.targets) copy.targets.set(id, target)
    return copy
  }

  targetOf(memberId: string): TopicPartitions {
    return this.targets.get(memberId) ?? NO_PARTITIONS
  }

  subscribedTopics(): Set<string> {
    const topics = new Set<string>()
    for (const { subscribedTopicNames } of this.members.values())
      for (const name of subscribedTopicNames) topics.add(name)
    return topics
  }
}
