/** The handlers of all APIs that a group coordinator serves. */
import type { ApiHandler } from '@millrace/network/api-handler'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { TopicCreation } from '../forwarding/topic-creation.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { offsetCommitHandler } from './08-offset-commit.ts'
import { offsetFetchHandler } from './09-offset-fetch.ts'
import { findCoordinatorHandler } from './10-find-coordinator.ts'
import { joinGroupHandler } from './11-join-group.ts'
import { heartbeatHandler } from './12-heartbeat.ts'
import { leaveGroupHandler } from './13-leave-group.ts'
import { syncGroupHandler } from './14-sync-group.ts'
import { describeGroupsHandler } from './15-describe-groups.ts'
import { listGroupsHandler } from './16-list-groups.ts'
import { deleteGroupsHandler } from './42-delete-groups.ts'
import { offsetDeleteHandler } from './47-offset-delete.ts'
import { consumerGroupHeartbeatHandler } from './68-consumer-group-heartbeat.ts'
import { consumerGroupDescribeHandler } from './69-consumer-group-describe.ts'

export function groupHandlers(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
  topicCreation: TopicCreation,
): readonly ApiHandler[] {
  return [
    offsetCommitHandler(runtime, coordinator),
    offsetFetchHandler(runtime, coordinator),
    findCoordinatorHandler(runtime, topicCreation),
    joinGroupHandler(coordinator),
    heartbeatHandler(coordinator),
    leaveGroupHandler(coordinator),
    syncGroupHandler(coordinator),
    describeGroupsHandler(coordinator),
    listGroupsHandler(coordinator),
    deleteGroupsHandler(coordinator),
    offsetDeleteHandler(runtime, coordinator),
    consumerGroupHeartbeatHandler(runtime, coordinator),
    consumerGroupDescribeHandler(runtime, coordinator),
  ]
}
