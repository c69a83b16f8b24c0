/**
 * ShareFetch (KIP-932). Version 0 was a preview with another layout and is not defined.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const shareFetchRequest = {
  kind: 'request',
  apiKey: 78,
  name: 'ShareFetchRequest',
  versions: '1-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupId', type: 'string', nullableVersions: '0+', default: null },
    {
      name: 'memberId',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'Given by the coordinator at the first join.',
    },
    { name: 'shareSessionEpoch', type: 'int32' },
    { name: 'maxWaitMs', type: 'int32' },
    { name: 'minBytes', type: 'int32' },
    { name: 'maxBytes', type: 'int32', default: 0x7fff_ffff, ignorable: true },
    { name: 'maxRecords', type: 'int32' },
    { name: 'batchSize', type: 'int32' },
    { name: 'shareAcquireMode', type: 'int8', versions: '2+' },
    { name: 'isRenewAck', type: 'bool', versions: '2+' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid', ignorable: true },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            {
              name: 'acknowledgementBatches',
              type: '[]struct',
              fields: [
                { name: 'firstOffset', type: 'int64' },
                { name: 'lastOffset', type: 'int64' },
                { name: 'acknowledgeTypes', type: '[]int8' },
              ],
            },
          ],
        },
      ],
    },
    {
      name: 'forgottenTopicsData',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid', ignorable: true },
        { name: 'partitions', type: '[]int32' },
      ],
    },
  ],
} as const

export const shareFetchResponse = {
  kind: 'response',
  apiKey: 78,
  name: 'ShareFetchResponse',
  versions: '1-2',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'errorMessage',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'For people; null when there is no error.',
    },
    { name: 'acquisitionLockTimeoutMs', type: 'int32' },
    {
      name: 'responses',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'errorCode', type: 'int16' },
            {
              name: 'errorMessage',
              type: 'string',
              nullableVersions: '0+',
              default: null,
              about: 'For people; null when there is no error.',
            },
            { name: 'acknowledgeErrorCode', type: 'int16' },
            { name: 'acknowledgeErrorMessage', type: 'string', nullableVersions: '0+', default: null },
            {
              name: 'currentLeader',
              type: 'struct',
              fields: [
                { name: 'leaderId', type: 'int32', about: 'Broker id of the leader; -1: none.' },
                { name: 'leaderEpoch', type: 'int32' },
              ],
            },
            { name: 'records', type: 'records', nullableVersions: '0+' },
            {
              name: 'acquiredRecords',
              type: '[]struct',
              fields: [
                { name: 'firstOffset', type: 'int64' },
                { name: 'lastOffset', type: 'int64' },
                { name: 'deliveryCount', type: 'int16' },
              ],
            },
          ],
        },
      ],
    },
    {
      name: 'nodeEndpoints',
      type: '[]struct',
      about: 'Where the leaders named in CurrentLeader listen (KIP-951).',
      fields: [
        { name: 'nodeId', type: 'int32' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'int32' },
        { name: 'rack', type: 'string', nullableVersions: '0+', default: null },
      ],
    },
  ],
} as const

export type ShareFetchRequest = Decoded<typeof shareFetchRequest>
export type ShareFetchRequestInput = Encodable<typeof shareFetchRequest>
export type ShareFetchResponse = Decoded<typeof shareFetchResponse>
export type ShareFetchResponseInput = Encodable<typeof shareFetchResponse>
