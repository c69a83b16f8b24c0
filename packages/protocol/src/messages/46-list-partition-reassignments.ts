/**
 * ListPartitionReassignments
 */
import type { Decoded, Encodable } from '../definition.ts'

export const listPartitionReassignmentsRequest = {
  kind: 'request',
  apiKey: 46,
  name: 'ListPartitionReassignmentsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'timeoutMs', type: 'int32', default: 60_000 },
    {
      name: 'topics',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
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
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
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
