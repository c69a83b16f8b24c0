/**
 * AlterClientQuotas (KIP-546).
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
            { name: 'entityType', type: 'string', about: '"user", "client-id" or "ip".' },
            { name: 'entityName', type: 'string', nullableVersions: '0+', about: 'null: the default entity.' },
          ],
        },
        {
          name: 'ops',
          type: '[]struct',
          fields: [
            { name: 'key', type: 'string' },
            { name: 'value', type: 'float64' },
            { name: 'remove', type: 'bool', about: 'Remove the quota instead of setting it.' },
          ],
        },
      ],
    },
    { name: 'validateOnly', type: 'bool', about: 'Check the request, change nothing.' },
  ],
} as const

export const alterClientQuotasResponse = {
  kind: 'response',
  apiKey: 49,
  name: 'AlterClientQuotasResponse',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'entries',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        {
          name: 'errorMessage',
          type: 'string',
          nullableVersions: '0+',
          about: 'For people; null when there is no error.',
        },
        {
          name: 'entity',
          type: '[]struct',
          fields: [
            { name: 'entityType', type: 'string', about: '"user", "client-id" or "ip".' },
            { name: 'entityName', type: 'string', nullableVersions: '0+', about: 'null: the default entity.' },
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
