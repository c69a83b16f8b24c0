/**
 * DescribeClientQuotas (KIP-546).
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
        { name: 'entityType', type: 'string', about: '"user", "client-id" or "ip".' },
        { name: 'matchType', type: 'int8', about: '0: exact name, 1: default entity, 2: any name.' },
        { name: 'match', type: 'string', nullableVersions: '0+', about: 'The name for an exact match, else null.' },
      ],
    },
    { name: 'strict', type: 'bool', about: 'Only entities with exactly these components.' },
  ],
} as const

export const describeClientQuotasResponse = {
  kind: 'response',
  apiKey: 48,
  name: 'DescribeClientQuotasResponse',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', about: 'For people; null when there is no error.' },
    {
      name: 'entries',
      type: '[]struct',
      nullableVersions: '0+',
      about: 'null with an error.',
      fields: [
        {
          name: 'entity',
          type: '[]struct',
          fields: [
            { name: 'entityType', type: 'string', about: '"user", "client-id" or "ip".' },
            { name: 'entityName', type: 'string', nullableVersions: '0+', about: 'null: the default entity.' },
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
