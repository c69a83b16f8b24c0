/**
 * SaslHandshake: chooses the SASL mechanism of a connection.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const saslHandshakeRequest = {
  kind: 'request',
  apiKey: 17,
  name: 'SaslHandshakeRequest',
  versions: '0-1',
  flexibleVersions: 'none',
  fields: [{ name: 'mechanism', type: 'string', about: 'Name of the SASL mechanism.' }],
} as const

export const saslHandshakeResponse = {
  kind: 'response',
  apiKey: 17,
  name: 'SaslHandshakeResponse',
  versions: '0-1',
  flexibleVersions: 'none',
  fields: [
    { name: 'errorCode', type: 'int16', errors: ['UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE'] },
    { name: 'mechanisms', type: '[]string', about: 'Mechanisms that are enabled on the listener.' },
  ],
} as const

export type SaslHandshakeRequest = Decoded<typeof saslHandshakeRequest>
export type SaslHandshakeRequestInput = Encodable<typeof saslHandshakeRequest>
export type SaslHandshakeResponse = Decoded<typeof saslHandshakeResponse>
export type SaslHandshakeResponseInput = Encodable<typeof saslHandshakeResponse>
