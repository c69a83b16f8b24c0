/** What every change of a partition starts from: its topic's rules, and brokers that are active as leaders. */
import { topicBoolean, topicNumber } from '@millrace/metadata/configs/effective'
import { isActive } from '@millrace/metadata/image'
import type { TopicImage } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import type { ControlState } from '../decision.ts'
import { configContext, metadataLevel } from '../decision.ts'
import { keepsEligibleLeaders } from './eligible-leaders.ts'
import type { PartitionTarget } from './partition-change.ts'

/** 'unclean' elections where the topic allows them, otherwise 'online'. The topic's configs are looked up once. */
export function targetsOf(
  state: ControlState,
  topic: TopicImage,
): (partitionId: number, partition: PartitionState) => PartitionTarget {
  const { image } = state
  const context = configContext(state)
  const common = {
    topicId: topic.id,
    level: metadataLevel(image),
    election: topicBoolean(context, topic.name, 'unclean.leader.election.enable') ? 'unclean' : 'online',
    minInSyncReplicas: keepsEligibleLeaders(image) ? topicNumber(context, topic.name, 'min.insync.replicas') : null,
    isAcceptableLeader: (id: number): boolean => isActive(image, id),
  } as const
  return (partitionId, partition) => ({ ...common, partitionId, partition })
}

/** The targets of every partition of the cluster that satisfies `wanted`. */
export function* targetsWhere(
  state: ControlState,
  wanted: (partition: PartitionState) => boolean,
): Generator<PartitionTarget, void, undefined> {
  for (const topic of state.image.topicsById.values()) {
    let target: ReturnType<typeof targetsOf> | null = null
    for (let partitionId = 0; partitionId < topic.partitions.length; partitionId++) {
      const partition = topic.partitions[partitionId]
      if (partition === undefined || !wanted(partition)) continue
      target ??= targetsOf(state, topic)
      yield target(partitionId, partition)
    }
  }
}
