/**
 * SaslAuthenticate
 */
import type { Decoded, Encodable } from '../definition.ts'

export const saslAuthenticateRequest = {
  kind: 'request',
  apiKey: 36,
  name: 'SaslAuthenticateRequest',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [{ name: 'authBytes', type: 'bytes' }],
} as const

export const saslAuthenticateResponse = {
  kind: 'response',
  apiKey: 36,
  name: 'SaslAuthenticateResponse',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
    { name: 'authBytes', type: 'bytes' },
    { name: 'sessionLifetimeMs', type: 'int64', versions: '1+' },
  ],
} as const

export type SaslAuthenticateRequest = Decoded<typeof saslAuthenticateRequest>
export type SaslAuthenticateRequestInput = Encodable<typeof saslAuthenticateRequest>
export type SaslAuthenticateResponse = Decoded<typeof saslAuthenticateResponse>
export type SaslAuthenticateResponseInput = Encodable<typeof saslAuthenticateResponse>
