/**
 * OffsetForLeaderEpoch: where an epoch ends in the leader's log, so that a consumer or follower finds where its own
 * log parts from it (KIP-101, 320).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const offsetForLeaderEpochRequest = {
  kind: 'request',
  apiKey: 23,
  name: 'OffsetForLeaderEpochRequest',
  versions: '0-4',
  flexibleVersions: '4+',
  fields: [
    {
      name: 'replicaId',
      type: 'int32',
      versions: '3+',
      default: -2,
      ignorable: true,
      about: 'Broker id of the follower, -1 a consumer, -2 a debugging client.',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topic', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partition', type: 'int32' },
            {
              name: 'currentLeaderEpoch',
              type: 'int32',
              versions: '2+',
              default: -1,
              ignorable: true,
              about: "Leader epoch that the sender knows, checked against the broker's; -1: do not check.",
            },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch whose end is asked for.' },
          ],
        },
      ],
    },
  ],
} as const

export const offsetForLeaderEpochResponse = {
  kind: 'response',
  apiKey: 23,
  name: 'OffsetForLeaderEpochResponse',
  versions: '0-4',
  flexibleVersions: '4+',
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
        { name: 'topic', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            {
              name: 'errorCode',
              type: 'int16',
              errors: [
                'UNKNOWN_TOPIC_OR_PARTITION',
                'NOT_LEADER_OR_FOLLOWER',
                'TOPIC_AUTHORIZATION_FAILED',
                'KAFKA_STORAGE_ERROR',
                'FENCED_LEADER_EPOCH',
                'UNKNOWN_LEADER_EPOCH',
              ],
            },
            { name: 'partition', type: 'int32' },
            {
              name: 'leaderEpoch',
              type: 'int32',
              versions: '1+',
              default: -1,
              about: 'The largest epoch up to the one asked for.',
            },
            {
              name: 'endOffset',
              type: 'int64',
              default: -1,
              about: 'Offset after the last record of that epoch; -1: not known.',
            },
          ],
        },
      ],
    },
  ],
} as const

export type OffsetForLeaderEpochRequest = Decoded<typeof offsetForLeaderEpochRequest>
export type OffsetForLeaderEpochRequestInput = Encodable<typeof offsetForLeaderEpochRequest>
export type OffsetForLeaderEpochResponse = Decoded<typeof offsetForLeaderEpochResponse>
export type OffsetForLeaderEpochResponseInput = Encodable<typeof offsetForLeaderEpochResponse>
