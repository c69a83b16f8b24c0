/** DescribeCluster (60): the brokers, the cluster's id, and who answers for the controller. Facts: kafka-protocol §2.8. */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeClusterRequest,
  describeClusterResponse,
  type DescribeClusterRequest,
  type DescribeClusterResponseInput,
} from '@millrace/protocol/messages/60-describe-cluster'
import { ALL_CLUSTER_OPERATIONS, NOT_ASKED } from './authorized-operations.ts'
import { advertisedBrokers, controllerIdFor } from './endpoints.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'

const BROKER_ENDPOINTS = 1
const CONTROLLER_ENDPOINTS = 2

export function describeClusterHandler(
  runtime: BrokerRuntime,
): ApiHandler<DescribeClusterRequest, DescribeClusterResponseInput> {
  return {
    request: describeClusterRequest,
    response: describeClusterResponse,
    handle({ connection }, request, respond) {
      const { image } = runtime.metadata
      if (request.endpointType !== BROKER_ENDPOINTS) {
        const known = request.endpointType === CONTROLLER_ENDPOINTS
        return respond({
          throttleTimeMs: 0,
          errorCode: known ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
          errorMessage: known
            ? 'This is a broker; controllers are described by a controller.'
            : 'Unknown endpoint type.',
          endpointType: BROKER_ENDPOINTS,
          clusterId: '',
          brokers: [],
        })
      }
      const brokers = advertisedBrokers(image, connection, request.includeFencedBrokers)
      respond({
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        endpointType: BROKER_ENDPOINTS,
        clusterId: runtime.clusterId,
        controllerId: controllerIdFor(brokers, runtime.nodeId),
        brokers: brokers.map(({ id, host, port, rack, fenced }) => ({
          brokerId: id,
          host,
          port,
          rack,
          isFenced: fenced,
        })),
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? ALL_CLUSTER_OPERATIONS : NOT_ASKED,
      })
    },
  }
}
