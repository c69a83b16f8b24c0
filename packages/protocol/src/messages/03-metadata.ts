/**
 * Metadata: brokers, topics, partitions and their leaders. The first thing a client asks for.
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
      about: 'null (version 0: empty): all topics.',
      fields: [
        {
          name: 'topicId',
          type: 'uuid',
          versions: '10+',
          ignorable: true,
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        { name: 'name', type: 'string', nullableVersions: '10+', about: 'null: by topic id.' },
      ],
    },
    { name: 'allowAutoTopicCreation', type: 'bool', versions: '4+', default: true },
    {
      name: 'includeClusterAuthorizedOperations',
      type: 'bool',
      versions: '8-10',
      about: 'Tell the operations the client may do.',
    },
    {
      name: 'includeTopicAuthorizedOperations',
      type: 'bool',
      versions: '8+',
      about: 'Tell the operations the client may do.',
    },
  ],
} as const

export const metadataResponse = {
  kind: 'response',
  apiKey: 3,
  name: 'MetadataResponse',
  versions: '0-13',
  flexibleVersions: '9+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '3+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'brokers',
      type: '[]struct',
      about: 'Living brokers with the listener that the request came in on.',
      fields: [
        { name: 'nodeId', type: 'int32' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'int32' },
        { name: 'rack', type: 'string', versions: '1+', nullableVersions: '1+', default: null },
      ],
    },
    { name: 'clusterId', type: 'string', versions: '2+', nullableVersions: '2+', default: null },
    { name: 'controllerId', type: 'int32', versions: '1+', default: -1, about: 'A broker that takes admin requests.' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        {
          name: 'errorCode',
          type: 'int16',
          errors: [
            'UNKNOWN_TOPIC_OR_PARTITION',
            'LEADER_NOT_AVAILABLE',
            'INVALID_TOPIC_EXCEPTION',
            'TOPIC_AUTHORIZATION_FAILED',
            'UNKNOWN_TOPIC_ID',
            'INVALID_REQUEST',
          ],
        },
        { name: 'name', type: 'string', nullableVersions: '12+' },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '10+',
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        { name: 'isInternal', type: 'bool', versions: '1+' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            {
              name: 'errorCode',
              type: 'int16',
              errors: ['LEADER_NOT_AVAILABLE', 'LISTENER_NOT_FOUND', 'REPLICA_NOT_AVAILABLE'],
            },
            { name: 'partitionIndex', type: 'int32' },
            { name: 'leaderId', type: 'int32', about: 'Broker id of the leader; -1: none.' },
            { name: 'leaderEpoch', type: 'int32', versions: '7+', default: -1 },
            { name: 'replicaNodes', type: '[]int32', about: 'Brokers with a replica, the preferred leader first.' },
            { name: 'isrNodes', type: '[]int32', about: 'Brokers whose replica is in sync.' },
            {
              name: 'offlineReplicas',
              type: '[]int32',
              versions: '5+',
              about: 'Brokers whose replica is not available.',
            },
          ],
        },
        {
          name: 'topicAuthorizedOperations',
          type: 'int32',
          versions: '8+',
          default: -2_147_483_648,
          about: 'Bit field of the operations the client may do; -2147483648: not asked for.',
        },
      ],
    },
    {
      name: 'clusterAuthorizedOperations',
      type: 'int32',
      versions: '8-10',
      default: -2_147_483_648,
      about: 'Bit field of the operations the client may do; -2147483648: not asked for.',
    },
    { name: 'errorCode', type: 'int16', versions: '13+', errors: ['REBOOTSTRAP_REQUIRED'] },
  ],
} as const

export type MetadataRequest = Decoded<typeof metadataRequest>
export type MetadataRequestInput = Encodable<typeof metadataRequest>
export type MetadataResponse = Decoded<typeof metadataResponse>
export type MetadataResponseInput = Encodable<typeof metadataResponse>
