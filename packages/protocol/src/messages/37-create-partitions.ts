/**
 * CreatePartitions
 */
import type { Decoded, Encodable } from '../definition.ts'

export const createPartitionsRequest = {
  kind: 'request',
  apiKey: 37,
  name: 'CreatePartitionsRequest',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'count', type: 'int32' },
        {
          name: 'assignments',
          type: '[]struct',
          nullableVersions: '0+',
          fields: [{ name: 'brokerIds', type: '[]int32' }],
        },
      ],
    },
    { name: 'timeoutMs', type: 'int32' },
    { name: 'validateOnly', type: 'bool' },
  ],
} as const

export const createPartitionsResponse = {
  kind: 'response',
  apiKey: 37,
  name: 'CreatePartitionsResponse',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', nullableVersions: '0+', default: null },
      ],
    },
  ],
} as const

export type CreatePartitionsRequest = Decoded<typeof createPartitionsRequest>
export type CreatePartitionsRequestInput = Encodable<typeof createPartitionsRequest>
export type CreatePartitionsResponse = Decoded<typeof createPartitionsResponse>
export type CreatePartitionsResponseInput = Encodable<typeof createPartitionsResponse>
