/** AlterPartition and AllocateProducerIds (56, 67): what brokers ask for in the middle of their work. */
import type { ApiHandler } from '@millrace/network/api-handler'
import { alterPartitionRequest, alterPartitionResponse } from '@millrace/protocol/messages/56-alter-partition'
import {
  allocateProducerIdsRequest,
  allocateProducerIdsResponse,
} from '@millrace/protocol/messages/67-allocate-producer-ids'
import { allocateProducerIds } from '../cluster-control/producer-ids.ts'
import { alterPartition } from '../replication-control/alter-partition.ts'
import type { HandlerContext } from './handler-context.ts'
import { handler } from './handler-context.ts'

export function alterPartitionHandler({ runtime }: HandlerContext): ApiHandler {
  return handler(alterPartitionRequest, alterPartitionResponse, ({ apiVersion }, request, respond) => {
    runtime.submit(
      (state) => alterPartition(state, request, apiVersion),
      (response) => respond(response),
    )
  })
}

export function allocateProducerIdsHandler({ runtime }: HandlerContext): ApiHandler {
  return handler(allocateProducerIdsRequest, allocateProducerIdsResponse, (_, request, respond) => {
    runtime.submit(
      (state) => allocateProducerIds(state, request),
      (response) => respond(response),
    )
  })
}
