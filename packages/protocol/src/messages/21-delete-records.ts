/**
 * DeleteRecords
 */
import type { Decoded, Encodable } from '../definition.ts'

export const deleteRecordsRequest = {
  kind: 'request',
  apiKey: 21,
  name: 'DeleteRecordsRequest',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
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
            { name: 'offset', type: 'int64' },
          ],
        },
      ],
    },
    { name: 'timeoutMs', type: 'int32' },
  ],
} as const

export const deleteRecordsResponse = {
  kind: 'response',
  apiKey: 21,
  name: 'DeleteRecordsResponse',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
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
            { name: 'lowWatermark', type: 'int64' },
            { name: 'errorCode', type: 'int16' },
          ],
        },
      ],
    },
  ],
} as const

export type DeleteRecordsRequest = Decoded<typeof deleteRecordsRequest>
export type DeleteRecordsRequestInput = Encodable<typeof deleteRecordsRequest>
export type DeleteRecordsResponse = Decoded<typeof deleteRecordsResponse>
export type DeleteRecordsResponseInput = Encodable<typeof deleteRecordsResponse>
