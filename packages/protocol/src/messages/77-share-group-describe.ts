/**
 * ShareGroupDescribe (KIP-932). Version 0 was a preview and is not defined.
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
    { name: 'includeAuthorizedOperations', type: 'bool', about: 'Tell the operations the client may do.' },
  ],
} as const

export const shareGroupDescribeResponse = {
  kind: 'response',
  apiKey: 77,
  name: 'ShareGroupDescribeResponse',
  versions: '1',
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

export type ShareGroupDescribeRequest = Decoded<typeof shareGroupDescribeRequest>
export type ShareGroupDescribeRequestInput = Encodable<typeof shareGroupDescribeRequest>
export type ShareGroupDescribeResponse = Decoded<typeof shareGroupDescribeResponse>
export type ShareGroupDescribeResponseInput = Encodable<typeof shareGroupDescribeResponse>
