/** ConsumerGroupHeartbeat (68): a member of a consumer group joins, stays, is given partitions, and leaves (KIP-848). */
import type { ApiHandler } from '@millrace/network/api-handler'
import { AclOperation, ResourceType } from '@millrace/policy/acl/acl'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponseInput,
} from '@millrace/protocol/messages/68-consumer-group-heartbeat'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { heartbeatError, type HeartbeatResult } from '../groups/consumer/consumer-members.ts'
import { offersConsumerGroups } from '../groups/consumer/protocol-offer.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { fromWire } from '../groups/modern/topic-partitions.ts'

export function consumerGroupHeartbeatHandler(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
): ApiHandler<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponseInput> {
  return {
    request: consumerGroupHeartbeatRequest,
    response: consumerGroupHeartbeatResponse,
    handle(context, request, respond) {
      const answer = (result: HeartbeatResult): void => respond({ throttleTimeMs: 0, ...result })
      if (!offersConsumerGroups(runtime)) return answer(heartbeatError(ErrorCode.UNSUPPORTED_VERSION, null))
      const { served, errorCode } = coordinator.locateAny(request.groupId)
      if (served === null) return answer(heartbeatError(errorCode, null))
      const access = runtime.authorizer.of(context.connection)
      return served.consumerMembers.heartbeat(
        {
          apiVersion: context.apiVersion,
          groupId: request.groupId,
          memberId: request.memberId,
          memberEpoch: request.memberEpoch,
          clientId: context.clientId ?? '',
          clientHost: `/${context.connection.remoteAddress}`,
          instanceId: request.instanceId,
          rackId: request.rackId,
          rebalanceTimeoutMs: request.rebalanceTimeoutMs,
          subscribedTopicNames: request.subscribedTopicNames,
          subscribedTopicRegex: request.subscribedTopicRegex,
          serverAssignor: request.serverAssignor,
          maySeeTopic: (name) => access.wouldAllow(AclOperation.DESCRIBE, ResourceType.TOPIC, name),
          owned: request.topicPartitions === null ? null : fromWire(request.topicPartitions),
        },
        answer,
      )
    },
  }
}
