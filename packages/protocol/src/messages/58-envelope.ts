/**
 * Envelope: a client's admin request forwarded from broker to controller, with who sent it (KIP-590).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const envelopeRequest = {
  kind: 'request',
  apiKey: 58,
  name: 'EnvelopeRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'requestData', type: 'bytes', about: 'The whole request, header included, without its size.' },
    { name: 'requestPrincipal', type: 'bytes', nullableVersions: '0+', about: 'Who sent it, as DefaultPrincipalData.' },
    { name: 'clientHostAddress', type: 'bytes', about: '4 or 16 bytes.' },
  ],
} as const

export const envelopeResponse = {
  kind: 'response',
  apiKey: 58,
  name: 'EnvelopeResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'responseData',
      type: 'bytes',
      nullableVersions: '0+',
      default: null,
      about: 'The whole response, header included, without its size; null with an error.',
    },
    { name: 'errorCode', type: 'int16' },
  ],
} as const

export type EnvelopeRequest = Decoded<typeof envelopeRequest>
export type EnvelopeRequestInput = Encodable<typeof envelopeRequest>
export type EnvelopeResponse = Decoded<typeof envelopeResponse>
export type EnvelopeResponseInput = Encodable<typeof envelopeResponse>
