/**
 * AddPartitionsToTxn: takes partitions into a transaction. To version 3 from clients, from version 4 from brokers
 * (KIP-890).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const addPartitionsToTxnRequest = {
  kind: 'request',
  apiKey: 24,
  name: 'AddPartitionsToTxnRequest',
  versions: '0-5',
  flexibleVersions: '3+',
  fields: [
    {
      name: 'transactions',
      type: '[]struct',
      versions: '4+',
      about: 'From brokers, to verify or add (KIP-890).',
      fields: [
        { name: 'transactionalId', type: 'string' },
        { name: 'producerId', type: 'int64' },
        { name: 'producerEpoch', type: 'int16' },
        { name: 'verifyOnly', type: 'bool', about: 'Check that the partitions are in the transaction, add none.' },
        {
          name: 'topics',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'partitions', type: '[]int32' },
          ],
        },
      ],
    },
    { name: 'v3AndBelowTransactionalId', type: 'string', versions: '0-3' },
    { name: 'v3AndBelowProducerId', type: 'int64', versions: '0-3' },
    { name: 'v3AndBelowProducerEpoch', type: 'int16', versions: '0-3' },
    {
      name: 'v3AndBelowTopics',
      type: '[]struct',
      versions: '0-3',
      about: 'From clients.',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
  ],
} as const

export const addPartitionsToTxnResponse = {
  kind: 'response',
  apiKey: 24,
  name: 'AddPartitionsToTxnResponse',
  versions: '0-5',
  flexibleVersions: '3+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16', versions: '4+' },
    {
      name: 'resultsByTransaction',
      type: '[]struct',
      versions: '4+',
      fields: [
        { name: 'transactionalId', type: 'string' },
        {
          name: 'topicResults',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            {
              name: 'resultsByPartition',
              type: '[]struct',
              fields: [
                { name: 'partitionIndex', type: 'int32' },
                { name: 'partitionErrorCode', type: 'int16' },
              ],
            },
          ],
        },
      ],
    },
    {
      name: 'resultsByTopicV3AndBelow',
      type: '[]struct',
      versions: '0-3',
      fields: [
        { name: 'name', type: 'string' },
        {
          name: 'resultsByPartition',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'partitionErrorCode', type: 'int16' },
          ],
        },
      ],
    },
  ],
} as const

export type AddPartitionsToTxnRequest = Decoded<typeof addPartitionsToTxnRequest>
export type AddPartitionsToTxnRequestInput = Encodable<typeof addPartitionsToTxnRequest>
export type AddPartitionsToTxnResponse = Decoded<typeof addPartitionsToTxnResponse>
export type AddPartitionsToTxnResponseInput = Encodable<typeof addPartitionsToTxnResponse>
