/**
 * DescribeCluster
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeClusterRequest = {
  kind: 'request',
  apiKey: 60,
  name: 'DescribeClusterRequest',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'includeClusterAuthorizedOperations', type: 'bool' },
    { name: 'endpointType', type: 'int8', versions: '1+', default: 1 },
    { name: 'includeFencedBrokers', type: 'bool', versions: '2+' },
  ],
} as const

export const describeClusterResponse = {
  kind: 'response',
  apiKey: 60,
  name: 'DescribeClusterResponse',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', default: null },
    { name: 'endpointType', type: 'int8', versions: '1+', default: 1 },
    { name: 'clusterId', type: 'string' },
    { name: 'controllerId', type: 'int32', default: -1 },
    {
      name: 'brokers',
      type: '[]struct',
      fields: [
        { name: 'brokerId', type: 'int32' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'int32' },
        { name: 'rack', type: 'string', nullableVersions: '0+', default: null },
        { name: 'isFenced', type: 'bool', versions: '2+' },
      ],
    },
    { name: 'clusterAuthorizedOperations', type: 'int32', default: -2_147_483_648 },
  ],
} as const

export type DescribeClusterRequest = Decoded<typeof describeClusterRequest>
export type DescribeClusterRequestInput = Encodable<typeof describeClusterRequest>
export type DescribeClusterResponse = Decoded<typeof describeClusterResponse>
export type DescribeClusterResponseInput = Encodable<typeof describeClusterResponse>
