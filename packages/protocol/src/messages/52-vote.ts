/**
 * Vote: raft election among controllers (KIP-595).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const voteRequest = {
  kind: 'request',
  apiKey: 52,
  name: 'VoteRequest',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'clusterId', type: 'string', nullableVersions: '0+', default: null },
    { name: 'voterId', type: 'int32', versions: '1+', default: -1, ignorable: true },
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
            { name: 'replicaEpoch', type: 'int32' },
            { name: 'replicaId', type: 'int32' },
            {
              name: 'replicaDirectoryId',
              type: 'uuid',
              versions: '1+',
              ignorable: true,
              about: 'Log directory of the replica.',
            },
            { name: 'voterDirectoryId', type: 'uuid', versions: '1+', ignorable: true },
            { name: 'lastOffsetEpoch', type: 'int32' },
            { name: 'lastOffset', type: 'int64' },
            { name: 'preVote', type: 'bool', versions: '2+' },
          ],
        },
      ],
    },
  ],
} as const

export const voteResponse = {
  kind: 'response',
  apiKey: 52,
  name: 'VoteResponse',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'errorCode', type: 'int16' },
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
            { name: 'leaderId', type: 'int32', about: 'Broker id of the leader; -1: none.' },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
            { name: 'voteGranted', type: 'bool' },
          ],
        },
      ],
    },
    {
      name: 'nodeEndpoints',
      type: '[]struct',
      versions: '1+',
      tag: 0,
      about: 'Where the leaders named in CurrentLeader listen (KIP-951).',
      fields: [
        { name: 'nodeId', type: 'int32' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'uint16' },
      ],
    },
  ],
} as const

export type VoteRequest = Decoded<typeof voteRequest>
export type VoteRequestInput = Encodable<typeof voteRequest>
export type VoteResponse = Decoded<typeof voteResponse>
export type VoteResponseInput = Encodable<typeof voteResponse>
