/**
 * AlterPartition
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
    { name: 'brokerEpoch', type: 'int64', default: -1 },
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
            { name: 'leaderEpoch', type: 'int32' },
            { name: 'newIsr', type: '[]int32', versions: '0-2' },
            {
              name: 'newIsrWithEpochs',
              type: '[]struct',
              versions: '3+',
              fields: [
                { name: 'brokerId', type: 'int32' },
                { name: 'brokerEpoch', type: 'int64', default: -1 },
              ],
            },
            { name: 'leaderRecoveryState', type: 'int8', versions: '1+' },
            { name: 'partitionEpoch', type: 'int32' },
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
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
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
            { name: 'errorCode', type: 'int16' },
            { name: 'leaderId', type: 'int32' },
            { name: 'leaderEpoch', type: 'int32' },
            { name: 'isr', type: '[]int32' },
            { name: 'leaderRecoveryState', type: 'int8', versions: '1+' },
            { name: 'partitionEpoch', type: 'int32' },
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
