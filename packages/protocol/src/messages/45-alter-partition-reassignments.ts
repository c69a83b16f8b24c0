/**
 * AlterPartitionReassignments
 */
import type { Decoded, Encodable } from '../definition.ts'

export const alterPartitionReassignmentsRequest = {
  kind: 'request',
  apiKey: 45,
  name: 'AlterPartitionReassignmentsRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'timeoutMs', type: 'int32', default: 60_000 },
    { name: 'allowReplicationFactorChange', type: 'bool', versions: '1+', default: true },
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
            { name: 'replicas', type: '[]int32', nullableVersions: '0+', default: null },
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
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'allowReplicationFactorChange', type: 'bool', versions: '1+', default: true },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
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
            { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
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
