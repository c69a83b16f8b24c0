/**
 * ConsumerGroupDescribe: state and members of consumer groups (KIP-848).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const consumerGroupDescribeRequest = {
  kind: 'request',
  apiKey: 69,
  name: 'ConsumerGroupDescribeRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupIds', type: '[]string' },
    { name: 'includeAuthorizedOperations', type: 'bool', about: 'Tell the operations the client may do.' },
  ],
} as const

export const consumerGroupDescribeResponse = {
  kind: 'response',
  apiKey: 69,
  name: 'ConsumerGroupDescribeResponse',
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
        { name: 'assignorName', type: 'string' },
        {
          name: 'members',
          type: '[]struct',
          fields: [
            { name: 'memberId', type: 'string' },
            { name: 'instanceId', type: 'string', nullableVersions: '0+', default: null },
            {
              name: 'rackId',
              type: 'string',
              nullableVersions: '0+',
              default: null,
              about: 'Rack of the client; empty or null: none told.',
            },
            { name: 'memberEpoch', type: 'int32', about: 'Epoch of the member in the group (KIP-848).' },
            { name: 'clientId', type: 'string' },
            { name: 'clientHost', type: 'string', about: 'Address with a slash in front, as Java prints it.' },
            { name: 'subscribedTopicNames', type: '[]string', about: 'null: as in the heartbeat before.' },
            {
              name: 'subscribedTopicRegex',
              type: 'string',
              nullableVersions: '0+',
              default: null,
              about: 'Topics as a regular expression (RE2/J); null: as before.',
            },
            {
              name: 'assignment',
              type: 'struct',
              fields: [
                {
                  name: 'topicPartitions',
                  type: '[]struct',
                  fields: [
                    { name: 'topicId', type: 'uuid' },
                    { name: 'topicName', type: 'string' },
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
                  name: 'topicPartitions',
                  type: '[]struct',
                  fields: [
                    { name: 'topicId', type: 'uuid' },
                    { name: 'topicName', type: 'string' },
                    { name: 'partitions', type: '[]int32' },
                  ],
                },
              ],
            },
            { name: 'memberType', type: 'int8', versions: '1+', default: -1 },
          ],
        },
        {
          name: 'authorizedOperations',
          type: 'int32',
          default: -2_147_483_648,
          about: 'Bit field of the operations the client may do; -2147483648: not asked for.',
        },
      ],
    },
  ],
} as const

export type ConsumerGroupDescribeRequest = Decoded<typeof consumerGroupDescribeRequest>
export type ConsumerGroupDescribeRequestInput = Encodable<typeof consumerGroupDescribeRequest>
export type ConsumerGroupDescribeResponse = Decoded<typeof consumerGroupDescribeResponse>
export type ConsumerGroupDescribeResponseInput = Encodable<typeof consumerGroupDescribeResponse>
