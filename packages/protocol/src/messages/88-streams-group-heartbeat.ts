/**
 * StreamsGroupHeartbeat: the one request of the streams group protocol (KIP-1071).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const streamsGroupHeartbeatRequest = {
  kind: 'request',
  apiKey: 88,
  name: 'StreamsGroupHeartbeatRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupId', type: 'string' },
    { name: 'memberId', type: 'string', about: 'Given by the coordinator at the first join.' },
    { name: 'memberEpoch', type: 'int32', about: 'Epoch of the member in the group (KIP-848).' },
    { name: 'endpointInformationEpoch', type: 'int32' },
    { name: 'instanceId', type: 'string', nullableVersions: '0+', default: null },
    {
      name: 'rackId',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'Rack of the client; empty or null: none told.',
    },
    { name: 'rebalanceTimeoutMs', type: 'int32', default: -1 },
    {
      name: 'topology',
      type: 'struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'epoch', type: 'int32' },
        {
          name: 'subtopologies',
          type: '[]struct',
          fields: [
            { name: 'subtopologyId', type: 'string' },
            { name: 'sourceTopics', type: '[]string' },
            { name: 'sourceTopicRegex', type: '[]string' },
            {
              name: 'stateChangelogTopics',
              type: '[]struct',
              fields: [
                { name: 'name', type: 'string' },
                { name: 'partitions', type: 'int32' },
                { name: 'replicationFactor', type: 'int16' },
                {
                  name: 'topicConfigs',
                  type: '[]struct',
                  fields: [
                    { name: 'key', type: 'string' },
                    { name: 'value', type: 'string' },
                  ],
                },
              ],
            },
            { name: 'repartitionSinkTopics', type: '[]string' },
            {
              name: 'repartitionSourceTopics',
              type: '[]struct',
              fields: [
                { name: 'name', type: 'string' },
                { name: 'partitions', type: 'int32' },
                { name: 'replicationFactor', type: 'int16' },
                {
                  name: 'topicConfigs',
                  type: '[]struct',
                  fields: [
                    { name: 'key', type: 'string' },
                    { name: 'value', type: 'string' },
                  ],
                },
              ],
            },
            {
              name: 'copartitionGroups',
              type: '[]struct',
              fields: [
                { name: 'sourceTopics', type: '[]int16' },
                { name: 'sourceTopicRegex', type: '[]int16' },
                { name: 'repartitionSourceTopics', type: '[]int16' },
              ],
            },
          ],
        },
      ],
    },
    {
      name: 'activeTasks',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'subtopologyId', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    {
      name: 'standbyTasks',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'subtopologyId', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    {
      name: 'warmupTasks',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'subtopologyId', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    { name: 'processId', type: 'string', nullableVersions: '0+', default: null },
    {
      name: 'userEndpoint',
      type: 'struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'host', type: 'string' },
        { name: 'port', type: 'uint16' },
      ],
    },
    {
      name: 'clientTags',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'key', type: 'string' },
        { name: 'value', type: 'string' },
      ],
    },
    {
      name: 'taskOffsets',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'subtopologyId', type: 'string' },
        { name: 'partition', type: 'int32' },
        { name: 'offset', type: 'int64' },
      ],
    },
    {
      name: 'taskEndOffsets',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'subtopologyId', type: 'string' },
        { name: 'partition', type: 'int32' },
        { name: 'offset', type: 'int64' },
      ],
    },
    { name: 'shutdownApplication', type: 'bool' },
  ],
} as const

export const streamsGroupHeartbeatResponse = {
  kind: 'response',
  apiKey: 88,
  name: 'StreamsGroupHeartbeatResponse',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'errorMessage',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'For people; null when there is no error.',
    },
    { name: 'memberId', type: 'string' },
    { name: 'memberEpoch', type: 'int32', about: 'Epoch of the member in the group (KIP-848).' },
    { name: 'heartbeatIntervalMs', type: 'int32' },
    { name: 'acceptableRecoveryLagLegacy', type: 'int32', versions: '0' },
    { name: 'taskOffsetIntervalMs', type: 'int32' },
    { name: 'acceptableRecoveryLag', type: 'int64', versions: '1+', default: -1 },
    {
      name: 'status',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'statusCode', type: 'int8' },
        { name: 'statusDetail', type: 'string' },
      ],
    },
    {
      name: 'activeTasks',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'subtopologyId', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    {
      name: 'standbyTasks',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'subtopologyId', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    {
      name: 'warmupTasks',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'subtopologyId', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    { name: 'topologyDescriptionRequired', type: 'bool', versions: '1+' },
    { name: 'endpointInformationEpoch', type: 'int32' },
    {
      name: 'partitionsByUserEndpoint',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        {
          name: 'userEndpoint',
          type: 'struct',
          fields: [
            { name: 'host', type: 'string' },
            { name: 'port', type: 'uint16' },
          ],
        },
        {
          name: 'activePartitions',
          type: '[]struct',
          fields: [
            { name: 'topic', type: 'string' },
            { name: 'partitions', type: '[]int32' },
          ],
        },
        {
          name: 'standbyPartitions',
          type: '[]struct',
          fields: [
            { name: 'topic', type: 'string' },
            { name: 'partitions', type: '[]int32' },
          ],
        },
      ],
    },
  ],
} as const

export type StreamsGroupHeartbeatRequest = Decoded<typeof streamsGroupHeartbeatRequest>
export type StreamsGroupHeartbeatRequestInput = Encodable<typeof streamsGroupHeartbeatRequest>
export type StreamsGroupHeartbeatResponse = Decoded<typeof streamsGroupHeartbeatResponse>
export type StreamsGroupHeartbeatResponseInput = Encodable<typeof streamsGroupHeartbeatResponse>
