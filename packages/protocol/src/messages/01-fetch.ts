/**
 * Fetch
 */
import type { Decoded, Encodable } from '../definition.ts'

export const fetchRequest = {
  kind: 'request',
  apiKey: 1,
  name: 'FetchRequest',
  versions: '0-18',
  flexibleVersions: '12+',
  fields: [
    { name: 'clusterId', type: 'string', versions: '12+', nullableVersions: '12+', default: null, tag: 0 },
    { name: 'replicaId', type: 'int32', versions: '0-14', default: -1 },
    {
      name: 'replicaState',
      type: 'struct',
      versions: '15+',
      tag: 1,
      fields: [
        { name: 'replicaId', type: 'int32', default: -1 },
        { name: 'replicaEpoch', type: 'int64', default: -1 },
      ],
    },
    { name: 'maxWaitMs', type: 'int32' },
    { name: 'minBytes', type: 'int32' },
    { name: 'maxBytes', type: 'int32', versions: '3+', default: 0x7fff_ffff },
    { name: 'isolationLevel', type: 'int8', versions: '4+' },
    { name: 'sessionId', type: 'int32', versions: '7+' },
    { name: 'sessionEpoch', type: 'int32', versions: '7+', default: -1 },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topic', type: 'string', versions: '0-12' },
        { name: 'topicId', type: 'uuid', versions: '13+' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partition', type: 'int32' },
            { name: 'currentLeaderEpoch', type: 'int32', versions: '9+', default: -1 },
            { name: 'fetchOffset', type: 'int64' },
            { name: 'lastFetchedEpoch', type: 'int32', versions: '12+', default: -1 },
            { name: 'logStartOffset', type: 'int64', versions: '5+', default: -1 },
            { name: 'partitionMaxBytes', type: 'int32' },
            { name: 'replicaDirectoryId', type: 'uuid', versions: '17+', tag: 0 },
            { name: 'highWatermark', type: 'int64', versions: '18+', default: 9_223_372_036_854_776_000, tag: 1 },
          ],
        },
      ],
    },
    {
      name: 'forgottenTopicsData',
      type: '[]struct',
      versions: '7+',
      fields: [
        { name: 'topic', type: 'string', versions: '7-12' },
        { name: 'topicId', type: 'uuid', versions: '13+' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    { name: 'rackId', type: 'string', versions: '11+' },
  ],
} as const

export const fetchResponse = {
  kind: 'response',
  apiKey: 1,
  name: 'FetchResponse',
  versions: '0-18',
  flexibleVersions: '12+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '1+' },
    { name: 'errorCode', type: 'int16', versions: '7+' },
    { name: 'sessionId', type: 'int32', versions: '7+' },
    {
      name: 'responses',
      type: '[]struct',
      fields: [
        { name: 'topic', type: 'string', versions: '0-12' },
        { name: 'topicId', type: 'uuid', versions: '13+' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'errorCode', type: 'int16' },
            { name: 'highWatermark', type: 'int64' },
            { name: 'lastStableOffset', type: 'int64', versions: '4+', default: -1 },
            { name: 'logStartOffset', type: 'int64', versions: '5+', default: -1 },
            {
              name: 'divergingEpoch',
              type: 'struct',
              versions: '12+',
              tag: 0,
              fields: [
                { name: 'epoch', type: 'int32', default: -1 },
                { name: 'endOffset', type: 'int64', default: -1 },
              ],
            },
            {
              name: 'currentLeader',
              type: 'struct',
              versions: '12+',
              tag: 1,
              fields: [
                { name: 'leaderId', type: 'int32', default: -1 },
                { name: 'leaderEpoch', type: 'int32', default: -1 },
              ],
            },
            {
              name: 'snapshotId',
              type: 'struct',
              versions: '12+',
              tag: 2,
              fields: [
                { name: 'endOffset', type: 'int64', default: -1 },
                { name: 'epoch', type: 'int32', default: -1 },
              ],
            },
            {
              name: 'abortedTransactions',
              type: '[]struct',
              versions: '4+',
              nullableVersions: '4+',
              fields: [
                { name: 'producerId', type: 'int64' },
                { name: 'firstOffset', type: 'int64' },
              ],
            },
            { name: 'preferredReadReplica', type: 'int32', versions: '11+', default: -1 },
            { name: 'records', type: 'records', nullableVersions: '0+' },
          ],
        },
      ],
    },
    {
      name: 'nodeEndpoints',
      type: '[]struct',
      versions: '16+',
      tag: 0,
      fields: [
        { name: 'nodeId', type: 'int32' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'int32' },
        { name: 'rack', type: 'string', nullableVersions: '0+', default: null },
      ],
    },
  ],
} as const

export type FetchRequest = Decoded<typeof fetchRequest>
export type FetchRequestInput = Encodable<typeof fetchRequest>
export type FetchResponse = Decoded<typeof fetchResponse>
export type FetchResponseInput = Encodable<typeof fetchResponse>
