/**
 * ShareAcknowledge (KIP-932). Version 0 was a preview and is not defined.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const shareAcknowledgeRequest = {
  kind: 'request',
  apiKey: 79,
  name: 'ShareAcknowledgeRequest',
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
    { name: 'isRenewAck', type: 'bool', versions: '2+' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
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
  ],
} as const

export const shareAcknowledgeResponse = {
  kind: 'response',
  apiKey: 79,
  name: 'ShareAcknowledgeResponse',
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
    { name: 'acquisitionLockTimeoutMs', type: 'int32', versions: '2+' },
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
            {
              name: 'currentLeader',
              type: 'struct',
              fields: [
                { name: 'leaderId', type: 'int32', about: 'Broker id of the leader; -1: none.' },
                { name: 'leaderEpoch', type: 'int32' },
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

export type ShareAcknowledgeRequest = Decoded<typeof shareAcknowledgeRequest>
export type ShareAcknowledgeRequestInput = Encodable<typeof shareAcknowledgeRequest>
export type ShareAcknowledgeResponse = Decoded<typeof shareAcknowledgeResponse>
export type ShareAcknowledgeResponseInput = Encodable<typeof shareAcknowledgeResponse>
