/**
 * SaslAuthenticate: one token of the SASL exchange.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const saslAuthenticateRequest = {
  kind: 'request',
  apiKey: 36,
  name: 'SaslAuthenticateRequest',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [{ name: 'authBytes', type: 'bytes', about: 'Token of the SASL mechanism.' }],
} as const

export const saslAuthenticateResponse = {
  kind: 'response',
  apiKey: 36,
  name: 'SaslAuthenticateResponse',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'errorCode',
      type: 'int16',
      errors: ['ILLEGAL_SASL_STATE', 'SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM'],
    },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', about: 'For people; null when there is no error.' },
    { name: 'authBytes', type: 'bytes', about: 'Token of the SASL mechanism.' },
    {
      name: 'sessionLifetimeMs',
      type: 'int64',
      versions: '1+',
      about: 'The client must authenticate again before (KIP-368), ms; 0: never.',
    },
  ],
} as const

export type SaslAuthenticateRequest = Decoded<typeof saslAuthenticateRequest>
export type SaslAuthenticateRequestInput = Encodable<typeof saslAuthenticateRequest>
export type SaslAuthenticateResponse = Decoded<typeof saslAuthenticateResponse>
export type SaslAuthenticateResponseInput = Encodable<typeof saslAuthenticateResponse>
