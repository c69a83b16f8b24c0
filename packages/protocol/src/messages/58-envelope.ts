/**
 * Envelope
 */
import type { Decoded, Encodable } from '../definition.ts'

export const envelopeRequest = {
  kind: 'request',
  apiKey: 58,
  name: 'EnvelopeRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'requestData', type: 'bytes' },
    { name: 'requestPrincipal', type: 'bytes', nullableVersions: '0+' },
    { name: 'clientHostAddress', type: 'bytes' },
  ],
} as const

export const envelopeResponse = {
  kind: 'response',
  apiKey: 58,
  name: 'EnvelopeResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'responseData', type: 'bytes', nullableVersions: '0+', default: null },
    { name: 'errorCode', type: 'int16' },
  ],
} as const

export type EnvelopeRequest = Decoded<typeof envelopeRequest>
export type EnvelopeRequestInput = Encodable<typeof envelopeRequest>
export type EnvelopeResponse = Decoded<typeof envelopeResponse>
export type EnvelopeResponseInput = Encodable<typeof envelopeResponse>
