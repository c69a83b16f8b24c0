/**
 * AlterPartition: a leader asks the controller to change its ISR (KIP-497).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const alterPartitionRequest = {
  kind: 'request',
  apiKey: 56,
  name: 'AlterPartitionRequest',
  versions: '0-3',
  flexibleVersions: '0+',
  fields: [
    { name: 'brokerId', type: 'int32' },
    { name: 'brokerEpoch', type: 'int64', default: -1, about: "Epoch of the broker's registration; -1: not checked." },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topicName', type: 'string', versions: '0-1', ignorable: true },
        { name: 'topicId', type: 'uuid', versions: '2+', ignorable: true },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
            { name: 'newIsr', type: '[]int32', versions: '0-2' },
            {
              name: 'newIsrWithEpochs',
              type: '[]struct',
              versions: '3+',
              about: 'Replicas in sync with the broker epochs the leader knows (KIP-903).',
              fields: [
                { name: 'brokerId', type: 'int32' },
                {
                  name: 'brokerEpoch',
                  type: 'int64',
                  default: -1,
                  about: "Epoch of the broker's registration; -1: not checked.",
                },
              ],
            },
            {
              name: 'leaderRecoveryState',
              type: 'int8',
              versions: '1+',
              about: '0: recovered, 1: recovering after an unclean election.',
            },
            { name: 'partitionEpoch', type: 'int32', about: 'The one the change is based on.' },
          ],
        },
      ],
    },
  ],
} as const

export const alterPartitionResponse = {
  kind: 'response',
  apiKey: 56,
  name: 'AlterPartitionResponse',
  versions: '0-3',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'errorCode',
      type: 'int16',
      errors: ['CLUSTER_AUTHORIZATION_FAILED', 'NOT_CONTROLLER', 'STALE_BROKER_EPOCH'],
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topicName', type: 'string', versions: '0-1' },
        { name: 'topicId', type: 'uuid', versions: '2+' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            {
              name: 'errorCode',
              type: 'int16',
              errors: [
                'UNKNOWN_TOPIC_OR_PARTITION',
                'INVALID_REQUEST',
                'FENCED_LEADER_EPOCH',
                'INVALID_UPDATE_VERSION',
                'OPERATION_NOT_ATTEMPTED',
                'INELIGIBLE_REPLICA',
                'NEW_LEADER_ELECTED',
                'UNKNOWN_TOPIC_ID',
                'NOT_CONTROLLER',
              ],
            },
            { name: 'leaderId', type: 'int32', about: 'Broker id of the leader; -1: none.' },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
            { name: 'isr', type: '[]int32' },
            {
              name: 'leaderRecoveryState',
              type: 'int8',
              versions: '1+',
              about: '0: recovered, 1: recovering after an unclean election.',
            },
            { name: 'partitionEpoch', type: 'int32', about: "Grows with every change of the partition's state." },
          ],
        },
      ],
    },
  ],
} as const

export type AlterPartitionRequest = Decoded<typeof alterPartitionRequest>
export type AlterPartitionRequestInput = Encodable<typeof alterPartitionRequest>
export type AlterPartitionResponse = Decoded<typeof alterPartitionResponse>
export type AlterPartitionResponseInput = Encodable<typeof alterPartitionResponse>
