/**
 * ShareGroupDescribe
 */
import type { Decoded, Encodable } from '../definition.ts'

export const shareGroupDescribeRequest = {
  kind: 'request',
  apiKey: 77,
  name: 'ShareGroupDescribeRequest',
  versions: '1',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupIds', type: '[]string' },
    { name: 'includeAuthorizedOperations', type: 'bool' },
  ],
} as const

export const shareGroupDescribeResponse = {
  kind: 'response',
  apiKey: 77,
  name: 'ShareGroupDescribeResponse',
  versions: '1',
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
            { name: 'rackId', type: 'string', nullableVersions: '0+', default: null },
            { name: 'memberEpoch', type: 'int32' },
            { name: 'clientId', type: 'string' },
            { name: 'clientHost', type: 'string' },
            { name: 'subscribedTopicNames', type: '[]string' },
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
          ],
        },
        { name: 'authorizedOperations', type: 'int32', default: -2_147_483_648 },
      ],
    },
  ],
} as const

export type ShareGroupDescribeRequest = Decoded<typeof shareGroupDescribeRequest>
export type ShareGroupDescribeRequestInput = Encodable<typeof shareGroupDescribeRequest>
export type ShareGroupDescribeResponse = Decoded<typeof shareGroupDescribeResponse>
export type ShareGroupDescribeResponseInput = Encodable<typeof shareGroupDescribeResponse>
