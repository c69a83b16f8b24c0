/**
 * BeginQuorumEpoch: a new raft leader makes itself known (KIP-595).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const beginQuorumEpochRequest = {
  kind: 'request',
  apiKey: 53,
  name: 'BeginQuorumEpochRequest',
  versions: '0-1',
  flexibleVersions: '1+',
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
            { name: 'voterDirectoryId', type: 'uuid', versions: '1+', ignorable: true },
            { name: 'leaderId', type: 'int32', about: 'Broker id of the leader; -1: none.' },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
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

export const beginQuorumEpochResponse = {
  kind: 'response',
  apiKey: 53,
  name: 'BeginQuorumEpochResponse',
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

export type BeginQuorumEpochRequest = Decoded<typeof beginQuorumEpochRequest>
export type BeginQuorumEpochRequestInput = Encodable<typeof beginQuorumEpochRequest>
export type BeginQuorumEpochResponse = Decoded<typeof beginQuorumEpochResponse>
export type BeginQuorumEpochResponseInput = Encodable<typeof beginQuorumEpochResponse>
