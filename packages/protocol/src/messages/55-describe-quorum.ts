/**
 * DescribeQuorum: state of the metadata quorum (KIP-595, 836).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeQuorumRequest = {
  kind: 'request',
  apiKey: 55,
  name: 'DescribeQuorumRequest',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topicName', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [{ name: 'partitionIndex', type: 'int32' }],
        },
      ],
    },
  ],
} as const

export const describeQuorumResponse = {
  kind: 'response',
  apiKey: 55,
  name: 'DescribeQuorumResponse',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'errorCode', type: 'int16' },
    {
      name: 'errorMessage',
      type: 'string',
      versions: '2+',
      nullableVersions: '2+',
      about: 'For people; null when there is no error.',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topicName', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'errorCode', type: 'int16' },
            {
              name: 'errorMessage',
              type: 'string',
              versions: '2+',
              nullableVersions: '2+',
              about: 'For people; null when there is no error.',
            },
            { name: 'leaderId', type: 'int32', about: 'Broker id of the leader; -1: none.' },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
            { name: 'highWatermark', type: 'int64' },
            {
              name: 'currentVoters',
              type: '[]struct',
              fields: [
                { name: 'replicaId', type: 'int32' },
                { name: 'replicaDirectoryId', type: 'uuid', versions: '2+', about: 'Log directory of the replica.' },
                { name: 'logEndOffset', type: 'int64' },
                {
                  name: 'lastFetchTimestamp',
                  type: 'int64',
                  versions: '1+',
                  default: -1,
                  about: 'Milliseconds; -1: not known.',
                },
                {
                  name: 'lastCaughtUpTimestamp',
                  type: 'int64',
                  versions: '1+',
                  default: -1,
                  about: 'Milliseconds; -1: not known.',
                },
              ],
            },
            {
              name: 'observers',
              type: '[]struct',
              fields: [
                { name: 'replicaId', type: 'int32' },
                { name: 'replicaDirectoryId', type: 'uuid', versions: '2+', about: 'Log directory of the replica.' },
                { name: 'logEndOffset', type: 'int64' },
                { name: 'lastFetchTimestamp', type: 'int64', versions: '1+', default: -1 },
                { name: 'lastCaughtUpTimestamp', type: 'int64', versions: '1+', default: -1 },
              ],
            },
          ],
        },
      ],
    },
    {
      name: 'nodes',
      type: '[]struct',
      versions: '2+',
      fields: [
        { name: 'nodeId', type: 'int32' },
        {
          name: 'listeners',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'host', type: 'string' },
            { name: 'port', type: 'uint16' },
          ],
        },
      ],
    },
  ],
} as const

export type DescribeQuorumRequest = Decoded<typeof describeQuorumRequest>
export type DescribeQuorumRequestInput = Encodable<typeof describeQuorumRequest>
export type DescribeQuorumResponse = Decoded<typeof describeQuorumResponse>
export type DescribeQuorumResponseInput = Encodable<typeof describeQuorumResponse>
