/**
 * ListOffsets: finds offsets by timestamp, or a log's ends. Sent to the partitions' leaders.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const listOffsetsRequest = {
  kind: 'request',
  apiKey: 2,
  name: 'ListOffsetsRequest',
  versions: '0-11',
  flexibleVersions: '6+',
  fields: [
    { name: 'replicaId', type: 'int32', about: '-1: a consumer, -2: a debugging client.' },
    { name: 'isolationLevel', type: 'int8', versions: '2+', about: '0: read uncommitted, 1: read committed.' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            {
              name: 'currentLeaderEpoch',
              type: 'int32',
              versions: '4+',
              default: -1,
              ignorable: true,
              about: "Leader epoch that the sender knows, checked against the broker's; -1: do not check.",
            },
            {
              name: 'timestamp',
              type: 'int64',
              about:
                'Milliseconds, or -1 latest, -2 earliest, -3 largest timestamp, -4 earliest local, -5 latest tiered.',
            },
            { name: 'maxNumOffsets', type: 'int32', versions: '0', default: 1 },
          ],
        },
      ],
    },
    { name: 'timeoutMs', type: 'int32', versions: '10+', ignorable: true, about: 'How long the broker may take, ms.' },
  ],
} as const

export const listOffsetsResponse = {
  kind: 'response',
  apiKey: 2,
  name: 'ListOffsetsResponse',
  versions: '0-11',
  flexibleVersions: '6+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '2+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            {
              name: 'errorCode',
              type: 'int16',
              errors: [
                'UNKNOWN_TOPIC_OR_PARTITION',
                'NOT_LEADER_OR_FOLLOWER',
                'TOPIC_AUTHORIZATION_FAILED',
                'UNSUPPORTED_FOR_MESSAGE_FORMAT',
                'KAFKA_STORAGE_ERROR',
                'FENCED_LEADER_EPOCH',
                'UNKNOWN_LEADER_EPOCH',
                'OFFSET_NOT_AVAILABLE',
                'LEADER_NOT_AVAILABLE',
                'INVALID_REQUEST',
                'UNSUPPORTED_VERSION',
              ],
            },
            { name: 'oldStyleOffsets', type: '[]int64', versions: '0' },
            { name: 'timestamp', type: 'int64', versions: '1+', default: -1, about: 'Of the record found; -1: none.' },
            { name: 'offset', type: 'int64', versions: '1+', default: -1, about: '-1: none found.' },
            {
              name: 'leaderEpoch',
              type: 'int32',
              versions: '4+',
              default: -1,
              about: 'Epoch of the leadership; -1: not known.',
            },
          ],
        },
      ],
    },
  ],
} as const

export type ListOffsetsRequest = Decoded<typeof listOffsetsRequest>
export type ListOffsetsRequestInput = Encodable<typeof listOffsetsRequest>
export type ListOffsetsResponse = Decoded<typeof listOffsetsResponse>
export type ListOffsetsResponseInput = Encodable<typeof listOffsetsResponse>
