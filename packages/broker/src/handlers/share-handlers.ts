/** The handlers of all APIs of share groups (KIP-932). */
import type { ApiHandler } from '@millrace/network/api-handler'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { ShareParts } from '../share-partitions/share-parts.ts'
import { shareGroupHeartbeatHandler } from './76-share-group-heartbeat.ts'
import { shareGroupDescribeHandler } from './77-share-group-describe.ts'
import { shareFetchHandler } from './78-share-fetch.ts'
import { shareAcknowledgeHandler } from './79-share-acknowledge.ts'
import { describeShareGroupOffsetsHandler } from './90-describe-share-group-offsets.ts'
import { alterShareGroupOffsetsHandler } from './91-alter-share-group-offsets.ts'
import { deleteShareGroupOffsetsHandler } from './92-delete-share-group-offsets.ts'
import { shareStateHandlers } from './share-state-handlers.ts'

export function shareHandlers(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
  share: ShareParts,
): readonly ApiHandler[] {
  return [
    shareGroupHeartbeatHandler(runtime, coordinator),
    shareGroupDescribeHandler(runtime, coordinator),
    shareFetchHandler(runtime, share),
    shareAcknowledgeHandler(runtime, share),
    ...shareStateHandlers(share.coordinator),
    describeShareGroupOffsetsHandler(runtime, coordinator, share),
    alterShareGroupOffsetsHandler(runtime, coordinator),
    deleteShareGroupOffsetsHandler(runtime, coordinator),
  ]
}
