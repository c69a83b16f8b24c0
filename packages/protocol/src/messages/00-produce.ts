/**
 * Produce: appends one record batch per partition. Sent to the partitions' leaders; with acks 0 there is no response.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const produceRequest = {
  kind: 'request',
  apiKey: 0,
  name: 'ProduceRequest',
  versions: '0-13',
  flexibleVersions: '9+',
  fields: [
    {
      name: 'transactionalId',
      type: 'string',
      versions: '3+',
      nullableVersions: '3+',
      default: null,
      about: 'null: not transactional.',
    },
    { name: 'acks', type: 'int16', about: '0: no response, 1: written by the leader, -1: by all in-sync replicas.' },
    { name: 'timeoutMs', type: 'int32', about: 'How long to wait for the in-sync replicas, ms.' },
    {
      name: 'topicData',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-12', ignorable: true },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '13+',
          ignorable: true,
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        {
          name: 'partitionData',
          type: '[]struct',
          fields: [
            { name: 'index', type: 'int32' },
            {
              name: 'records',
              type: 'records',
              nullableVersions: '0+',
              about: 'One record batch of magic 2 (version 3 and later).',
            },
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
        {
          name: 'topicId',
          type: 'uuid',
          versions: '13+',
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        {
          name: 'partitionResponses',
          type: '[]struct',
          fields: [
            { name: 'index', type: 'int32' },
            {
              name: 'errorCode',
              type: 'int16',
              errors: [
                'CORRUPT_MESSAGE',
                'UNKNOWN_TOPIC_OR_PARTITION',
                'NOT_LEADER_OR_FOLLOWER',
                'REQUEST_TIMED_OUT',
                'MESSAGE_TOO_LARGE',
                'INVALID_TOPIC_EXCEPTION',
                'RECORD_LIST_TOO_LARGE',
                'NOT_ENOUGH_REPLICAS',
                'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
                'INVALID_REQUIRED_ACKS',
                'TOPIC_AUTHORIZATION_FAILED',
                'CLUSTER_AUTHORIZATION_FAILED',
                'INVALID_TIMESTAMP',
                'UNSUPPORTED_FOR_MESSAGE_FORMAT',
                'OUT_OF_ORDER_SEQUENCE_NUMBER',
                'DUPLICATE_SEQUENCE_NUMBER',
                'INVALID_PRODUCER_EPOCH',
                'INVALID_TXN_STATE',
                'INVALID_PRODUCER_ID_MAPPING',
                'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
                'KAFKA_STORAGE_ERROR',
                'UNKNOWN_PRODUCER_ID',
                'UNSUPPORTED_COMPRESSION_TYPE',
                'INVALID_RECORD',
                'UNKNOWN_TOPIC_ID',
                'TRANSACTION_ABORTABLE',
              ],
            },
            { name: 'baseOffset', type: 'int64', about: 'Offset of the first record; -1 with an error.' },
            {
              name: 'logAppendTimeMs',
              type: 'int64',
              versions: '2+',
              default: -1,
              about: 'Append time where the topic uses LogAppendTime, else -1.',
            },
            { name: 'logStartOffset', type: 'int64', versions: '5+', default: -1 },
            {
              name: 'recordErrors',
              type: '[]struct',
              versions: '8+',
              about: 'Which records made the batch be refused (KIP-467).',
              fields: [
                { name: 'batchIndex', type: 'int32', about: 'Position of the record in the batch.' },
                { name: 'batchIndexErrorMessage', type: 'string', nullableVersions: '0+', default: null },
              ],
            },
            {
              name: 'errorMessage',
              type: 'string',
              versions: '8+',
              nullableVersions: '8+',
              default: null,
              about: 'For people; null when there is no error.',
            },
            {
              name: 'currentLeader',
              type: 'struct',
              versions: '10+',
              tag: 0,
              about:
                'Told with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH, so that no metadata request is needed (KIP-951).',
              fields: [
                { name: 'leaderId', type: 'int32', default: -1, about: 'Broker id of the leader; -1: none.' },
                { name: 'leaderEpoch', type: 'int32', default: -1 },
              ],
            },
          ],
        },
      ],
    },
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '1+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'nodeEndpoints',
      type: '[]struct',
      versions: '10+',
      tag: 0,
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

export type ProduceRequest = Decoded<typeof produceRequest>
export type ProduceRequestInput = Encodable<typeof produceRequest>
export type ProduceResponse = Decoded<typeof produceResponse>
export type ProduceResponseInput = Encodable<typeof produceResponse>
