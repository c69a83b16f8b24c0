/**
 * FetchSnapshot: a piece of a metadata snapshot (KIP-630).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const fetchSnapshotRequest = {
  kind: 'request',
  apiKey: 59,
  name: 'FetchSnapshotRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'clusterId', type: 'string', nullableVersions: '0+', default: null, tag: 0 },
    { name: 'replicaId', type: 'int32', default: -1 },
    { name: 'maxBytes', type: 'int32', default: 0x7fff_ffff },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partition', type: 'int32' },
            {
              name: 'currentLeaderEpoch',
              type: 'int32',
              about: "Leader epoch that the sender knows, checked against the broker's; -1: do not check.",
            },
            {
              name: 'snapshotId',
              type: 'struct',
              fields: [
                { name: 'endOffset', type: 'int64' },
                { name: 'epoch', type: 'int32' },
              ],
            },
            { name: 'position', type: 'int64', about: 'Byte in the snapshot.' },
            {
              name: 'replicaDirectoryId',
              type: 'uuid',
              versions: '1+',
              tag: 0,
              ignorable: true,
              about: 'Log directory of the replica.',
            },
          ],
        },
      ],
    },
  ],
} as const

export const fetchSnapshotResponse = {
  kind: 'response',
  apiKey: 59,
  name: 'FetchSnapshotResponse',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'index', type: 'int32' },
            { name: 'errorCode', type: 'int16' },
            {
              name: 'snapshotId',
              type: 'struct',
              fields: [
                { name: 'endOffset', type: 'int64' },
                { name: 'epoch', type: 'int32' },
              ],
            },
            {
              name: 'currentLeader',
              type: 'struct',
              tag: 0,
              fields: [
                { name: 'leaderId', type: 'int32', about: 'Broker id of the leader; -1: none.' },
                { name: 'leaderEpoch', type: 'int32' },
              ],
            },
            { name: 'size', type: 'int64', about: 'Bytes of the snapshot.' },
            { name: 'position', type: 'int64' },
            { name: 'unalignedRecords', type: 'records', about: 'A piece of the snapshot, cut anywhere.' },
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

export type FetchSnapshotRequest = Decoded<typeof fetchSnapshotRequest>
export type FetchSnapshotRequestInput = Encodable<typeof fetchSnapshotRequest>
export type FetchSnapshotResponse = Decoded<typeof fetchSnapshotResponse>
export type FetchSnapshotResponseInput = Encodable<typeof fetchSnapshotResponse>
