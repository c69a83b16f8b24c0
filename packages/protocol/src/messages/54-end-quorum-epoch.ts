/**
 * EndQuorumEpoch: a raft leader resigns (KIP-595).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const endQuorumEpochRequest = {
  kind: 'request',
  apiKey: 54,
  name: 'EndQuorumEpochRequest',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    { name: 'clusterId', type: 'string', nullableVersions: '0+', default: null },
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
            { name: 'leaderId', type: 'int32', about: 'Broker id of the leader; -1: none.' },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
            { name: 'preferredSuccessors', type: '[]int32', versions: '0', ignorable: true },
            {
              name: 'preferredCandidates',
              type: '[]struct',
              versions: '1+',
              ignorable: true,
              fields: [
                { name: 'candidateId', type: 'int32' },
                { name: 'candidateDirectoryId', type: 'uuid' },
              ],
            },
          ],
        },
      ],
    },
    {
      name: 'leaderEndpoints',
      type: '[]struct',
      versions: '1+',
      ignorable: true,
      fields: [
        { name: 'name', type: 'string' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'uint16' },
      ],
    },
  ],
} as const

export const endQuorumEpochResponse = {
  kind: 'response',
  apiKey: 54,
  name: 'EndQuorumEpochResponse',
  versions: '0-1',
  flexibleVersions: '1+',
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

export type EndQuorumEpochRequest = Decoded<typeof endQuorumEpochRequest>
export type EndQuorumEpochRequestInput = Encodable<typeof endQuorumEpochRequest>
export type EndQuorumEpochResponse = Decoded<typeof endQuorumEpochResponse>
export type EndQuorumEpochResponseInput = Encodable<typeof endQuorumEpochResponse>
