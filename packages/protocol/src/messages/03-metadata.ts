/**
 * Metadata
 */
import type { Decoded, Encodable } from '../definition.ts'

export const metadataRequest = {
  kind: 'request',
  apiKey: 3,
  name: 'MetadataRequest',
  versions: '0-13',
  flexibleVersions: '9+',
  fields: [
    {
      name: 'topics',
      type: '[]struct',
      nullableVersions: '1+',
      fields: [
        { name: 'topicId', type: 'uuid', versions: '10+' },
        { name: 'name', type: 'string', nullableVersions: '10+' },
      ],
    },
    { name: 'allowAutoTopicCreation', type: 'bool', versions: '4+', default: true },
    { name: 'includeClusterAuthorizedOperations', type: 'bool', versions: '8-10' },
    { name: 'includeTopicAuthorizedOperations', type: 'bool', versions: '8+' },
  ],
} as const

export const metadataResponse = {
  kind: 'response',
  apiKey: 3,
  name: 'MetadataResponse',
  versions: '0-13',
  flexibleVersions: '9+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '3+' },
    {
      name: 'brokers',
      type: '[]struct',
      fields: [
        { name: 'nodeId', type: 'int32' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'int32' },
        { name: 'rack', type: 'string', versions: '1+', nullableVersions: '1+', default: null },
      ],
    },
    { name: 'clusterId', type: 'string', versions: '2+', nullableVersions: '2+', default: null },
    { name: 'controllerId', type: 'int32', versions: '1+', default: -1 },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'name', type: 'string', nullableVersions: '12+' },
        { name: 'topicId', type: 'uuid', versions: '10+' },
        { name: 'isInternal', type: 'bool', versions: '1+' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'errorCode', type: 'int16' },
            { name: 'partitionIndex', type: 'int32' },
            { name: 'leaderId', type: 'int32' },
            { name: 'leaderEpoch', type: 'int32', versions: '7+', default: -1 },
            { name: 'replicaNodes', type: '[]int32' },
            { name: 'isrNodes', type: '[]int32' },
            { name: 'offlineReplicas', type: '[]int32', versions: '5+' },
          ],
        },
        { name: 'topicAuthorizedOperations', type: 'int32', versions: '8+', default: -2_147_483_648 },
      ],
    },
    { name: 'clusterAuthorizedOperations', type: 'int32', versions: '8-10', default: -2_147_483_648 },
    { name: 'errorCode', type: 'int16', versions: '13+' },
  ],
} as const

export type MetadataRequest = Decoded<typeof metadataRequest>
export type MetadataRequestInput = Encodable<typeof metadataRequest>
export type MetadataResponse = Decoded<typeof metadataResponse>
export type MetadataResponseInput = Encodable<typeof metadataResponse>
