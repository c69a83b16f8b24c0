/**
 * RenewDelegationToken (KIP-48).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const renewDelegationTokenRequest = {
  kind: 'request',
  apiKey: 39,
  name: 'RenewDelegationTokenRequest',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    { name: 'hmac', type: 'bytes' },
    { name: 'renewPeriodMs', type: 'int64' },
  ],
} as const

export const renewDelegationTokenResponse = {
  kind: 'response',
  apiKey: 39,
  name: 'RenewDelegationTokenResponse',
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

export type RenewDelegationTokenRequest = Decoded<typeof renewDelegationTokenRequest>
export type RenewDelegationTokenRequestInput = Encodable<typeof renewDelegationTokenRequest>
export type RenewDelegationTokenResponse = Decoded<typeof renewDelegationTokenResponse>
export type RenewDelegationTokenResponseInput = Encodable<typeof renewDelegationTokenResponse>
