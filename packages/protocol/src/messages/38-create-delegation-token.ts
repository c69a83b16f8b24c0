/**
 * CreateDelegationToken (KIP-48).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const createDelegationTokenRequest = {
  kind: 'request',
  apiKey: 38,
  name: 'CreateDelegationTokenRequest',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    { name: 'ownerPrincipalType', type: 'string', versions: '3+', nullableVersions: '3+' },
    { name: 'ownerPrincipalName', type: 'string', versions: '3+', nullableVersions: '3+' },
    {
      name: 'renewers',
      type: '[]struct',
      fields: [
        { name: 'principalType', type: 'string' },
        { name: 'principalName', type: 'string' },
      ],
    },
    { name: 'maxLifetimeMs', type: 'int64' },
  ],
} as const

export const createDelegationTokenResponse = {
  kind: 'response',
  apiKey: 38,
  name: 'CreateDelegationTokenResponse',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    { name: 'errorCode', type: 'int16' },
    { name: 'principalType', type: 'string' },
    { name: 'principalName', type: 'string' },
    { name: 'tokenRequesterPrincipalType', type: 'string', versions: '3+' },
    { name: 'tokenRequesterPrincipalName', type: 'string', versions: '3+' },
    { name: 'issueTimestampMs', type: 'int64' },
    { name: 'expiryTimestampMs', type: 'int64' },
    { name: 'maxTimestampMs', type: 'int64' },
    { name: 'tokenId', type: 'string' },
    { name: 'hmac', type: 'bytes' },
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
  ],
} as const

export type CreateDelegationTokenRequest = Decoded<typeof createDelegationTokenRequest>
export type CreateDelegationTokenRequestInput = Encodable<typeof createDelegationTokenRequest>
export type CreateDelegationTokenResponse = Decoded<typeof createDelegationTokenResponse>
export type CreateDelegationTokenResponseInput = Encodable<typeof createDelegationTokenResponse>
