/**
 * DescribeClientQuotas
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeClientQuotasRequest = {
  kind: 'request',
  apiKey: 48,
  name: 'DescribeClientQuotasRequest',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    {
      name: 'components',
      type: '[]struct',
      fields: [
        { name: 'entityType', type: 'string' },
        { name: 'matchType', type: 'int8' },
        { name: 'match', type: 'string', nullableVersions: '0+' },
      ],
    },
    { name: 'strict', type: 'bool' },
  ],
} as const

export const describeClientQuotasResponse = {
  kind: 'response',
  apiKey: 48,
  name: 'DescribeClientQuotasResponse',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
    {
      name: 'entries',
      type: '[]struct',
      nullableVersions: '0+',
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
          name: 'values',
          type: '[]struct',
          fields: [
            { name: 'key', type: 'string' },
            { name: 'value', type: 'float64' },
          ],
        },
      ],
    },
  ],
} as const

export type DescribeClientQuotasRequest = Decoded<typeof describeClientQuotasRequest>
export type DescribeClientQuotasRequestInput = Encodable<typeof describeClientQuotasRequest>
export type DescribeClientQuotasResponse = Decoded<typeof describeClientQuotasResponse>
export type DescribeClientQuotasResponseInput = Encodable<typeof describeClientQuotasResponse>
