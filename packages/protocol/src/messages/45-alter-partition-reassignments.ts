/**
 * AlterPartitionReassignments: starts or cancels moves of replicas between brokers (KIP-455).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const alterPartitionReassignmentsRequest = {
  kind: 'request',
  apiKey: 45,
  name: 'AlterPartitionReassignmentsRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'timeoutMs', type: 'int32', default: 60_000, about: 'How long the broker may take, ms.' },
    {
      name: 'allowReplicationFactorChange',
      type: 'bool',
      versions: '1+',
      default: true,
      about: 'false: refuse a reassignment that changes the number of replicas (KIP-860).',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            {
              name: 'replicas',
              type: '[]int32',
              nullableVersions: '0+',
              default: null,
              about: 'The preferred leader first; null: cancel the reassignment.',
            },
          ],
        },
      ],
    },
  ],
} as const

export const alterPartitionReassignmentsResponse = {
  kind: 'response',
  apiKey: 45,
  name: 'AlterPartitionReassignmentsResponse',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'allowReplicationFactorChange', type: 'bool', versions: '1+', default: true },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', about: 'For people; null when there is no error.' },
    {
      name: 'responses',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
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
              about: 'For people; null when there is no error.',
            },
          ],
        },
      ],
    },
  ],
} as const

export type AlterPartitionReassignmentsRequest = Decoded<typeof alterPartitionReassignmentsRequest>
export type AlterPartitionReassignmentsRequestInput = Encodable<typeof alterPartitionReassignmentsRequest>
export type AlterPartitionReassignmentsResponse = Decoded<typeof alterPartitionReassignmentsResponse>
export type AlterPartitionReassignmentsResponseInput = Encodable<typeof alterPartitionReassignmentsResponse>
