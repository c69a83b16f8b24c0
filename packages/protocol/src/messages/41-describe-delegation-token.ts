/**
 * DescribeDelegationToken (KIP-48).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeDelegationTokenRequest = {
  kind: 'request',
  apiKey: 41,
  name: 'DescribeDelegationTokenRequest',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'owners',
      type: '[]struct',
      nullableVersions: '0+',
      fields: [
        { name: 'principalType', type: 'string' },
        { name: 'principalName', type: 'string' },
      ],
    },
  ],
} as const

export const describeDelegationTokenResponse = {
  kind: 'response',
  apiKey: 41,
  name: 'DescribeDelegationTokenResponse',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    { name: 'errorCode', type: 'int16' },
    {
      name: 'tokens',
      type: '[]struct',
      fields: [
        { name: 'principalType', type: 'string' },
        { name: 'principalName', type: 'string' },
        { name: 'tokenRequesterPrincipalType', type: 'string', versions: '3+' },
        { name: 'tokenRequesterPrincipalName', type: 'string', versions: '3+' },
        { name: 'issueTimestamp', type: 'int64' },
        { name: 'expiryTimestamp', type: 'int64' },
        { name: 'maxTimestamp', type: 'int64' },
        { name: 'tokenId', type: 'string' },
        { name: 'hmac', type: 'bytes' },
        {
          name: 'renewers',
          type: '[]struct',
          fields: [
            { name: 'principalType', type: 'string' },
            { name: 'principalName', type: 'string' },
          ],
        },
      ],
    },
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
  ],
} as const

export type DescribeDelegationTokenRequest = Decoded<typeof describeDelegationTokenRequest>
export type DescribeDelegationTokenRequestInput = Encodable<typeof describeDelegationTokenRequest>
export type DescribeDelegationTokenResponse = Decoded<typeof describeDelegationTokenResponse>
export type DescribeDelegationTokenResponseInput = Encodable<typeof describeDelegationTokenResponse>
