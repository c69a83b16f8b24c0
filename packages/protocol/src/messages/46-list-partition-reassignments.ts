/**
 * ListPartitionReassignments: moves under way (KIP-455).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const listPartitionReassignmentsRequest = {
  kind: 'request',
  apiKey: 46,
  name: 'ListPartitionReassignmentsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'timeoutMs', type: 'int32', default: 60_000, about: 'How long the broker may take, ms.' },
    {
      name: 'topics',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      about: 'null: all.',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'partitionIndexes', type: '[]int32' },
      ],
    },
  ],
} as const

export const listPartitionReassignmentsResponse = {
  kind: 'response',
  apiKey: 46,
  name: 'ListPartitionReassignmentsResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', about: 'For people; null when there is no error.' },
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
            { name: 'replicas', type: '[]int32' },
            { name: 'addingReplicas', type: '[]int32' },
            { name: 'removingReplicas', type: '[]int32' },
          ],
        },
      ],
    },
  ],
} as const

export type ListPartitionReassignmentsRequest = Decoded<typeof listPartitionReassignmentsRequest>
export type ListPartitionReassignmentsRequestInput = Encodable<typeof listPartitionReassignmentsRequest>
export type ListPartitionReassignmentsResponse = Decoded<typeof listPartitionReassignmentsResponse>
export type ListPartitionReassignmentsResponseInput = Encodable<typeof listPartitionReassignmentsResponse>
