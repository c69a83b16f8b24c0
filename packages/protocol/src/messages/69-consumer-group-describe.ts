/**
 * ConsumerGroupDescribe
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
    { name: 'includeAuthorizedOperations', type: 'bool' },
  ],
} as const

export const consumerGroupDescribeResponse = {
  kind: 'response',
  apiKey: 69,
  name: 'ConsumerGroupDescribeResponse',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    {
      name: 'groups',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', nullableVersions: '0+', default: null },
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
            { name: 'rackId', type: 'string', nullableVersions: '0+', default: null },
            { name: 'memberEpoch', type: 'int32' },
            { name: 'clientId', type: 'string' },
            { name: 'clientHost', type: 'string' },
            { name: 'subscribedTopicNames', type: '[]string' },
            { name: 'subscribedTopicRegex', type: 'string', nullableVersions: '0+', default: null },
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
        { name: 'authorizedOperations', type: 'int32', default: -2_147_483_648 },
      ],
    },
  ],
} as const

export type ConsumerGroupDescribeRequest = Decoded<typeof consumerGroupDescribeRequest>
export type ConsumerGroupDescribeRequestInput = Encodable<typeof consumerGroupDescribeRequest>
export type ConsumerGroupDescribeResponse = Decoded<typeof consumerGroupDescribeResponse>
export type ConsumerGroupDescribeResponseInput = Encodable<typeof consumerGroupDescribeResponse>
