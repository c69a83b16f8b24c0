/** Guards of the consumer group protocol (KIP-848; kafka-protocol §6.3). */
import type { Guard } from '@millrace/network/guard'
import { ApiKey } from '@millrace/protocol/apis'
import type { ConsumerGroupHeartbeatRequest } from '@millrace/protocol/messages/68-consumer-group-heartbeat'
import type {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponseInput,
} from '@millrace/protocol/messages/69-consumer-group-describe'
import { describeGuard, heartbeatGuard } from './member-guards.ts'

export function consumerGroupGuards(): readonly [number, Guard | null][] {
  return [
    // What a regular expression matches only the coordinator knows: it asks for DESCRIBE on each topic.
    heartbeatGuard<ConsumerGroupHeartbeatRequest>(ApiKey.ConsumerGroupHeartbeat),
    describeGuard<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponseInput['groups'][number]>(
      ApiKey.ConsumerGroupDescribe,
      ({ assignment, targetAssignment }) => [...assignment.topicPartitions, ...targetAssignment.topicPartitions],
    ),
  ]
}
