/**
 * DescribeCluster: cluster id, brokers and controller (KIP-700, 919).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeClusterRequest = {
  kind: 'request',
  apiKey: 60,
  name: 'DescribeClusterRequest',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'includeClusterAuthorizedOperations', type: 'bool', about: 'Tell the operations the client may do.' },
    { name: 'endpointType', type: 'int8', versions: '1+', default: 1, about: '1: brokers, 2: controllers.' },
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
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'errorCode',
      type: 'int16',
      errors: ['INVALID_REQUEST', 'MISMATCHED_ENDPOINT_TYPE', 'UNSUPPORTED_ENDPOINT_TYPE'],
    },
    {
      name: 'errorMessage',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'For people; null when there is no error.',
    },
    { name: 'endpointType', type: 'int8', versions: '1+', default: 1, about: '1: brokers, 2: controllers.' },
    { name: 'clusterId', type: 'string' },
    { name: 'controllerId', type: 'int32', default: -1, about: 'A broker that takes admin requests.' },
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
    {
      name: 'clusterAuthorizedOperations',
      type: 'int32',
      default: -2_147_483_648,
      about: 'Bit field of the operations the client may do; -2147483648: not asked for.',
    },
  ],
} as const

export type DescribeClusterRequest = Decoded<typeof describeClusterRequest>
export type DescribeClusterRequestInput = Encodable<typeof describeClusterRequest>
export type DescribeClusterResponse = Decoded<typeof describeClusterResponse>
export type DescribeClusterResponseInput = Encodable<typeof describeClusterResponse>
