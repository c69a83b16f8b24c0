/**
 * ExpireDelegationToken (KIP-48).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const expireDelegationTokenRequest = {
  kind: 'request',
  apiKey: 40,
  name: 'ExpireDelegationTokenRequest',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    { name: 'hmac', type: 'bytes' },
    { name: 'expiryTimePeriodMs', type: 'int64' },
  ],
} as const

export const expireDelegationTokenResponse = {
  kind: 'response',
  apiKey: 40,
  name: 'ExpireDelegationTokenResponse',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    { name: 'errorCode', type: 'int16' },
    { name: 'expiryTimestampMs', type: 'int64' },
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
  ],
} as const

export type ExpireDelegationTokenRequest = Decoded<typeof expireDelegationTokenRequest>
export type ExpireDelegationTokenRequestInput = Encodable<typeof expireDelegationTokenRequest>
export type ExpireDelegationTokenResponse = Decoded<typeof expireDelegationTokenResponse>
export type ExpireDelegationTokenResponseInput = Encodable<typeof expireDelegationTokenResponse>
