/**
 * StreamsGroupDescribe: state and members of streams groups (KIP-1071).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const streamsGroupDescribeRequest = {
  kind: 'request',
  apiKey: 89,
  name: 'StreamsGroupDescribeRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupIds', type: '[]string' },
    { name: 'includeAuthorizedOperations', type: 'bool', about: 'Tell the operations the client may do.' },
    { name: 'includeTopologyDescription', type: 'bool', versions: '1+' },
  ],
} as const

export const streamsGroupDescribeResponse = {
  kind: 'response',
  apiKey: 89,
  name: 'StreamsGroupDescribeResponse',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'groups',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        {
          name: 'errorMessage',
          type: 'string',
          nullableVersions: '0+',
          default: null,
          about: 'For people; null when there is no error.',
        },
        { name: 'groupId', type: 'string' },
        { name: 'groupState', type: 'string' },
        { name: 'groupEpoch', type: 'int32' },
        { name: 'assignmentEpoch', type: 'int32' },
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
              nullableVersions: '0+',
              default: null,
              fields: [
                { name: 'subtopologyId', type: 'string' },
                { name: 'sourceTopics', type: '[]string' },
                { name: 'repartitionSinkTopics', type: '[]string' },
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
              ],
            },
          ],
        },
        {
          name: 'members',
          type: '[]struct',
          fields: [
            { name: 'memberId', type: 'string' },
            { name: 'memberEpoch', type: 'int32', about: 'Epoch of the member in the group (KIP-848).' },
            { name: 'instanceId', type: 'string', nullableVersions: '0+', default: null },
            {
              name: 'rackId',
              type: 'string',
              nullableVersions: '0+',
              default: null,
              about: 'Rack of the client; empty or null: none told.',
            },
            { name: 'clientId', type: 'string' },
            { name: 'clientHost', type: 'string', about: 'Address with a slash in front, as Java prints it.' },
            { name: 'topologyEpoch', type: 'int32' },
            { name: 'processId', type: 'string' },
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
              fields: [
                { name: 'key', type: 'string' },
                { name: 'value', type: 'string' },
              ],
            },
            {
              name: 'taskOffsets',
              type: '[]struct',
              fields: [
                { name: 'subtopologyId', type: 'string' },
                { name: 'partition', type: 'int32' },
                { name: 'offset', type: 'int64' },
              ],
            },
            {
              name: 'taskEndOffsets',
              type: '[]struct',
              fields: [
                { name: 'subtopologyId', type: 'string' },
                { name: 'partition', type: 'int32' },
                { name: 'offset', type: 'int64' },
              ],
            },
            {
              name: 'assignment',
              type: 'struct',
              fields: [
                {
                  name: 'activeTasks',
                  type: '[]struct',
                  fields: [
                    { name: 'subtopologyId', type: 'string' },
                    { name: 'partitions', type: '[]int32' },
                  ],
                },
                {
                  name: 'standbyTasks',
                  type: '[]struct',
                  fields: [
                    { name: 'subtopologyId', type: 'string' },
                    { name: 'partitions', type: '[]int32' },
                  ],
                },
                {
                  name: 'warmupTasks',
                  type: '[]struct',
                  fields: [
                    { name: 'subtopologyId', type: 'string' },
                    { name: 'partitions', type: '[]int32' },
                  ],
                },
              ],
            },
            {
              name: 'targetAssignment',
              type: 'struct',
              fields: [
                {
                  name: 'activeTasks',
                  type: '[]struct',
                  fields: [
                    { name: 'subtopologyId', type: 'string' },
                    { name: 'partitions', type: '[]int32' },
                  ],
                },
                {
                  name: 'standbyTasks',
                  type: '[]struct',
                  fields: [
                    { name: 'subtopologyId', type: 'string' },
                    { name: 'partitions', type: '[]int32' },
                  ],
                },
                {
                  name: 'warmupTasks',
                  type: '[]struct',
                  fields: [
                    { name: 'subtopologyId', type: 'string' },
                    { name: 'partitions', type: '[]int32' },
                  ],
                },
              ],
            },
            { name: 'isClassic', type: 'bool' },
          ],
        },
        {
          name: 'authorizedOperations',
          type: 'int32',
          default: -2_147_483_648,
          about: 'Bit field of the operations the client may do; -2147483648: not asked for.',
        },
        {
          name: 'topologyDescription',
          type: 'struct',
          versions: '1+',
          nullableVersions: '1+',
          default: null,
          fields: [
            {
              name: 'subtopologies',
              type: '[]struct',
              fields: [
                { name: 'subtopologyId', type: 'string' },
                {
                  name: 'nodes',
                  type: '[]struct',
                  fields: [
                    { name: 'name', type: 'string' },
                    { name: 'nodeType', type: 'int8' },
                    { name: 'sourceTopics', type: '[]string' },
                    { name: 'sinkTopic', type: 'string', nullableVersions: '0+', default: null },
                    { name: 'stores', type: '[]string' },
                    { name: 'successors', type: '[]string' },
                  ],
                },
              ],
            },
            {
              name: 'globalStores',
              type: '[]struct',
              fields: [
                {
                  name: 'source',
                  type: 'struct',
                  fields: [
                    { name: 'name', type: 'string' },
                    { name: 'nodeType', type: 'int8' },
                    { name: 'sourceTopics', type: '[]string' },
                    { name: 'sinkTopic', type: 'string', nullableVersions: '0+', default: null },
                    { name: 'stores', type: '[]string' },
                    { name: 'successors', type: '[]string' },
                  ],
                },
                {
                  name: 'processor',
                  type: 'struct',
                  fields: [
                    { name: 'name', type: 'string' },
                    { name: 'nodeType', type: 'int8' },
                    { name: 'sourceTopics', type: '[]string' },
                    { name: 'sinkTopic', type: 'string', nullableVersions: '0+', default: null },
                    { name: 'stores', type: '[]string' },
                    { name: 'successors', type: '[]string' },
                  ],
                },
              ],
            },
          ],
        },
        { name: 'topologyDescriptionStatus', type: 'int8', versions: '1+' },
      ],
    },
  ],
} as const

export type StreamsGroupDescribeRequest = Decoded<typeof streamsGroupDescribeRequest>
export type StreamsGroupDescribeRequestInput = Encodable<typeof streamsGroupDescribeRequest>
export type StreamsGroupDescribeResponse = Decoded<typeof streamsGroupDescribeResponse>
export type StreamsGroupDescribeResponseInput = Encodable<typeof streamsGroupDescribeResponse>
