/**
 * Produce
 */
import type { Decoded, Encodable } from '../definition.ts'

export const produceRequest = {
  kind: 'request',
  apiKey: 0,
  name: 'ProduceRequest',
  versions: '0-13',
  flexibleVersions: '9+',
  fields: [
    { name: 'transactionalId', type: 'string', versions: '3+', nullableVersions: '3+', default: null },
    { name: 'acks', type: 'int16' },
    { name: 'timeoutMs', type: 'int32' },
    {
      name: 'topicData',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-12' },
        { name: 'topicId', type: 'uuid', versions: '13+' },
        {
          name: 'partitionData',
          type: '[]struct',
          fields: [
            { name: 'index', type: 'int32' },
            { name: 'records', type: 'records', nullableVersions: '0+' },
          ],
        },
      ],
    },
  ],
} as const

export const produceResponse = {
  kind: 'response',
  apiKey: 0,
  name: 'ProduceResponse',
  versions: '0-13',
  flexibleVersions: '9+',
  fields: [
    {
      name: 'responses',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-12' },
        { name: 'topicId', type: 'uuid', versions: '13+' },
        {
          name: 'partitionResponses',
          type: '[]struct',
          fields: [
            { name: 'index', type: 'int32' },
            { name: 'errorCode', type: 'int16' },
            { name: 'baseOffset', type: 'int64' },
            { name: 'logAppendTimeMs', type: 'int64', versions: '2+', default: -1 },
            { name: 'logStartOffset', type: 'int64', versions: '5+', default: -1 },
            {
              name: 'recordErrors',
              type: '[]struct',
              versions: '8+',
              fields: [
                { name: 'batchIndex', type: 'int32' },
                { name: 'batchIndexErrorMessage', type: 'string', nullableVersions: '0+', default: null },
              ],
            },
            { name: 'errorMessage', type: 'string', versions: '8+', nullableVersions: '8+', default: null },
            {
              name: 'currentLeader',
              type: 'struct',
              versions: '10+',
              tag: 0,
              fields: [
                { name: 'leaderId', type: 'int32', default: -1 },
                { name: 'leaderEpoch', type: 'int32', default: -1 },
              ],
            },
          ],
        },
      ],
    },
    { name: 'throttleTimeMs', type: 'int32', versions: '1+' },
    {
      name: 'nodeEndpoints',
      type: '[]struct',
      versions: '10+',
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

export type ProduceRequest = Decoded<typeof produceRequest>
export type ProduceRequestInput = Encodable<typeof produceRequest>
export type ProduceResponse = Decoded<typeof produceResponse>
export type ProduceResponseInput = Encodable<typeof produceResponse>
