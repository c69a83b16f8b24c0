/**
 * AlterClientQuotas
 */
import type { Decoded, Encodable } from '../definition.ts'

export const alterClientQuotasRequest = {
  kind: 'request',
  apiKey: 49,
  name: 'AlterClientQuotasRequest',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    {
      name: 'entries',
      type: '[]struct',
      fields: [
        {
          name: 'entity',
          type: '[]struct',
          fields: [
            { name: 'entityType', type: 'string' },
            { name: 'entityName', type: 'string', nullableVersions: '0+' },
          ],
        },
        {
          name: 'ops',
          type: '[]struct',
          fields: [
            { name: 'key', type: 'string' },
            { name: 'value', type: 'float64' },
            { name: 'remove', type: 'bool' },
          ],
        },
      ],
    },
    { name: 'validateOnly', type: 'bool' },
  ],
} as const

export const alterClientQuotasResponse = {
  kind: 'response',
  apiKey: 49,
  name: 'AlterClientQuotasResponse',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    {
      name: 'entries',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
        {
          name: 'entity',
          type: '[]struct',
          fields: [
            { name: 'entityType', type: 'string' },
            { name: 'entityName', type: 'string', nullableVersions: '0+' },
          ],
        },
      ],
    },
  ],
} as const

export type AlterClientQuotasRequest = Decoded<typeof alterClientQuotasRequest>
export type AlterClientQuotasRequestInput = Encodable<typeof alterClientQuotasRequest>
export type AlterClientQuotasResponse = Decoded<typeof alterClientQuotasResponse>
export type AlterClientQuotasResponseInput = Encodable<typeof alterClientQuotasResponse>
